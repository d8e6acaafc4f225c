"""Accounts of one token that are worked on at the same time, over real HTTP: one request, and to each the answer to its own call."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from stratum.platforms.http import Connection, NoAnswer, TryLater
from stratum.platforms.meta_ads import MetaAds
from stratum.platforms.meta_batch import Written
from stratum.platforms.meta_shared import SharedCalls
from stratum.sandbox import AccountProfile, Sandbox, SandboxConfig
from stratum.sandbox.faults import WHOLE

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
ACCOUNTS = ("71", "72", "73")


@pytest.fixture(scope="module")
def market() -> Iterator[Sandbox]:
    profiles = tuple(
        AccountProfile(external_id=one, ad_sets=30, ads=1, campaigns=30, campaign_budgets=0) for one in ACCOUNTS
    )
    with Sandbox(
        SandboxConfig(history_days=0, now=NOW.isoformat(), accounts=profiles, deliver_history=False)
    ).start() as one:
        yield one


@pytest.fixture
def together(market: Sandbox) -> Iterator[Callable[..., list[Any]]]:
    """Runs a function for each account at the same time and returns what each made of it, raised or not; `calls` stand in the log."""
    market.faults.clear()
    market.log.entries.clear()

    def run(*works: Callable[[MetaAds], Any], patience: float = 5.0) -> list[Any]:
        token, url = market.config.access_token, market.graph_url
        shared = SharedCalls(Connection(url, token), seats=len(works), patience=patience)

        def one(work: Callable[[MetaAds], Any]) -> Any:
            with shared.seat() as seat:
                try:
                    return work(MetaAds(token, url, seat))
                except Exception as problem:
                    return problem

        with ThreadPoolExecutor(len(works)) as pool:
            return list(pool.map(one, works))

    yield run
    market.faults.clear()


def reading(account: str) -> Callable[[MetaAds], Any]:
    return lambda meta: {node.id: node.daily_budget for node in meta.standing(account, currency="USD")}


def writing(market: Sandbox, account: str, count: int, more: int = 100) -> Callable[[MetaAds], Any]:
    budgets = [(node.id, node.daily_budget + more) for node in ad_sets(market, account)[:count]]
    return lambda meta: [outcome.written for outcome in meta.write_budgets(budgets, currency="USD")]


def ad_sets(market: Sandbox, account: str) -> list[Any]:
    return [node for node in market.world.ad_sets.values() if node.account_id == account]


def requests(market: Sandbox) -> list[int]:
    """Of each request that reached the platform, how many items it had; 0 for a plain call."""
    return [len(json.loads(one.body["batch"])) if one.method == "POST" else 0 for one in market.log.entries]


def test_readings_of_all_accounts_are_one_request_and_each_gets_its_own(together, market):
    found = together(*map(reading, ACCOUNTS))
    assert requests(market) == [3]
    for account, standing in zip(ACCOUNTS, found, strict=True):
        assert {node.id: node.daily_budget for node in ad_sets(market, account)}.items() <= standing.items()


def test_a_reading_and_another_accounts_writes_share_a_request(together, market):
    (standing, outcomes) = together(reading("71"), writing(market, "72", 20))
    assert requests(market) == [21]
    assert len(standing) == 60 and outcomes == [Written.APPLIED] * 20


def test_who_is_alone_makes_plain_calls(together, market):
    together(reading("71"))
    assert requests(market) == [0]


def test_fifty_items_a_request_and_no_account_in_two(together, market):
    found = together(*(writing(market, account, 30) for account in ACCOUNTS))
    assert sorted(requests(market)) == [30, 30, 30]
    assert found == [[Written.APPLIED] * 30] * 3
    market.log.entries.clear()
    together(*(writing(market, account, count) for account, count in zip(ACCOUNTS, (30, 20, 30), strict=True)))
    assert sorted(requests(market)) == [30, 50]


def test_one_accounts_limit_is_its_own(together, market):
    market.faults.add("rate_limit", code=80004, path="/v26.0/act_72")
    first, second, third = together(*map(reading, ACCOUNTS))
    assert isinstance(second, TryLater)
    assert len(first) == len(third) == 60


def test_a_request_whose_answer_is_lost_leaves_every_account_in_doubt(together, market):
    market.faults.add("timeout_after_apply", method="POST", path="/v26.0")
    before = [node.daily_budget for account in ACCOUNTS[:2] for node in ad_sets(market, account)[:2]]
    found = together(writing(market, "71", 2), writing(market, "72", 2))
    assert [type(one) for one in found] == [NoAnswer, NoAnswer] and found[0] is not found[1]
    after = [node.daily_budget for account in ACCOUNTS[:2] for node in ad_sets(market, account)[:2]]
    assert after == [budget + 100 for budget in before]


def test_a_request_that_is_refused_as_a_whole_wrote_for_nobody(together, market):
    market.faults.add("rate_limit", code=80004, method="POST", path="/v26.0", index=WHOLE)
    before = [node.daily_budget for node in ad_sets(market, "71")]
    assert all(isinstance(one, TryLater) for one in together(writing(market, "71", 2), writing(market, "72", 2)))
    assert [node.daily_budget for node in ad_sets(market, "71")] == before


def test_a_page_instead_of_a_list_is_no_answer_to_anybody(together, market):
    market.faults.add("html_200", method="POST", path="/v26.0")
    assert all(isinstance(one, NoAnswer) for one in together(writing(market, "71", 1), writing(market, "72", 1)))


def test_an_item_without_an_answer_is_read_again(together, market):
    market.faults.add("batch_null_lost", method="GET", path="/v26.0/act_71")
    assert [len(one) for one in together(reading("71"), reading("72"))] == [60, 60]
    assert requests(market) == [2, 0], "the second time it was alone"


def test_nobody_waits_for_ever_for_who_does_not_ask(together, market):
    answered = threading.Event()

    def busy(_: MetaAds) -> bool:
        return answered.wait(20)

    def ask(meta: MetaAds) -> int:
        began = time.monotonic()
        meta.standing("71", currency="USD")
        answered.set()
        return time.monotonic() - began < 10

    assert together(ask, busy, patience=0.2) == [True, True]
    assert requests(market) == [0]
