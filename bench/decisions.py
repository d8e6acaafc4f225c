"""Decisions through the API: made anew and from memory, and a day's requests replayed with all that happens in a day."""

from __future__ import annotations

import http.client
import json
import time
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from bench.table import print_table
from bench.web import web_server
from learning.actions.turn_cycle import turn_cycle
from sampler.actions.decide import Asked, check_decision, precompute, usual_seed
from sampler.actions.propose_plan import answered
from sampler.models import AccountLimits
from sampler.selectors import memory_figures, questions
from sampler.selectors.decision_memory import forget_all
from stratum.core.actions.make_workspace import make_workspace
from stratum.core.api.authentication import make_key
from stratum.core.clock import now
from stratum.core.models import Ad, AdAccount, AdDay, AdSet, Campaign, Workspace
from stratum.core.money import to_major
from stratum.core.tenancy import in_workspace

LAST = date(2026, 11, 20)
ACCOUNTS, AD_SETS, DAYS = 6, 40, 90
COLD, WARM = 150, 600
REQUESTS = 1_440
"""In the day that is replayed: one a minute, of an account by chance."""


@dataclass
class Caller:
    port: int
    key: str
    milliseconds: list[float] = field(default_factory=list)
    last_at: float = 0.0

    def __post_init__(self) -> None:
        self.line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def select(self, account: AdAccount) -> dict[str, Any]:
        body = json.dumps({"account_id": account.pk, "day": LAST.isoformat()})
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        if time.monotonic() - self.last_at > 1:
            self.line.close()  # the server hangs up after two quiet seconds
        began = time.perf_counter()
        self.line.request("POST", "/api/ml/battle-hardened/select", body, headers)
        answer = self.line.getresponse()
        body_of_it = answer.read()
        self.milliseconds.append(1000 * (time.perf_counter() - began))
        told = json.loads(body_of_it)
        self.last_at = time.monotonic()
        assert answer.status == 200, told
        return told


def run() -> None:
    workspace = make_workspace(name="Decisions")
    workspace.revenue_source = Workspace.RevenueSource.PLATFORM
    workspace.save()
    with in_workspace(workspace):
        accounts = [_account(workspace, number) for number in range(ACCOUNTS)]
        turn_cycle(workspace, until=LAST, now=now(), rng_seed=1)
        key = make_key(workspace, label="bench", scopes=["read"])
        with web_server() as port:
            rows = [*_latencies(accounts, Caller(port, key)), *_a_day(workspace, accounts, Caller(port, key))]
    print(f"{ACCOUNTS} accounts of {AD_SETS} budgets; over HTTP to gunicorn, one connection.\n")
    print_table(["", "", "of", "target"], rows)


def _account(workspace: Workspace, number: int) -> AdAccount:
    owned, rng = {"workspace": workspace}, np.random.default_rng(number)
    account = AdAccount.objects.create(
        **owned, platform="import", external_id=f"file{number}", name=f"Account {number}", currency=workspace.currency
    )
    AccountLimits.objects.create(**owned, account=account, daily_cap=10_000_000)
    campaigns = [
        Campaign.objects.create(**owned, account=account, external_id=f"c{number}-{n}", name=f"Campaign {n}")
        for n in range(8)
    ]
    ad_sets = AdSet.objects.bulk_create(
        AdSet(**owned, account=account, external_id=f"s{number}-{n}", name=f"Set {n}", campaign=campaigns[n % 8])
        for n in range(AD_SETS)
    )
    ads = Ad.objects.bulk_create(
        Ad(**owned, account=account, external_id=f"a{number}-{n}", name=f"Ad {n}", ad_set=ad_set)
        for n, ad_set in enumerate(ad_sets)
    )
    rate, days = rng.uniform(0.005, 0.03, AD_SETS), []
    for ad, sells in zip(ads, rate, strict=True):
        spend = rng.uniform(30, 90, DAYS).round(2)
        clicks = rng.poisson(2 * spend)
        sold = rng.poisson(sells * clicks)
        days += [
            AdDay(
                **owned,
                day=LAST - timedelta(days=n),
                ad=ad,
                spend=float(spend[n]),
                impressions=int(60 * clicks[n]),
                clicks=int(clicks[n]),
                conversions=int(sold[n]),
                conversion_value=round(float(80 * sold[n]), 2),
                reported_at=now(),
            )
            for n in range(DAYS)
        ]
    AdDay.objects.bulk_create(days, batch_size=5_000)
    return account


def _latencies(accounts: list[AdAccount], caller: Caller) -> list[list[str]]:
    for account in accounts * 4:
        caller.select(account)
    caller.milliseconds.clear()
    for n in range(COLD):
        forget_all()
        caller.select(accounts[n % len(accounts)])
    cold, caller.milliseconds = caller.milliseconds, []
    for account in accounts:
        caller.select(account)
    caller.milliseconds.clear()
    warm = [(caller.select(accounts[n % len(accounts)])["from_memory"], caller.milliseconds[-1]) for n in range(WARM)]
    remembered = [took for from_memory, took in warm if from_memory]
    return [
        ["made anew, p50", f"{np.percentile(cold, 50):.1f} ms", f"{COLD} requests", ""],
        ["made anew, p95", f"{np.percentile(cold, 95):.1f} ms", "", "40 ms"],
        ["from memory, p50", f"{np.percentile(remembered, 50):.1f} ms", f"{len(remembered)} of {WARM}", ""],
        ["from memory, p95", f"{np.percentile(remembered, 95):.1f} ms", "", "5 ms"],
    ]  # fmt: skip


def _a_day(workspace: Workspace, accounts: list[AdAccount], caller: Caller) -> list[list[str]]:
    """Minute by minute: precomputing as the beat does, six turns of the loop, people who change limits and pause ad sets, requests."""
    forget_all()
    rng, clock = np.random.default_rng(5), now()
    stale, from_memory = 0, 0
    for minute in range(REQUESTS):
        at = clock + timedelta(minutes=minute)
        if minute % 240 == 120:
            _day_moves(workspace, accounts, rng, at)
        if rng.random() < 1 / 120:
            AccountLimits.objects.filter(account=accounts[rng.integers(ACCOUNTS)]).update(
                ceiling=int(rng.integers(9_000, 20_000))
            )
        if rng.random() < 1 / 180:
            AdSet.objects.filter(pk=AdSet.objects.order_by("?").values("pk")[:1]).update(
                status=str(rng.choice(["ACTIVE", "PAUSED"]))
            )
        for account in accounts:
            account.refresh_from_db()
            precompute(account, now=at)
        account = accounts[rng.integers(ACCOUNTS)]
        told = caller.select(account)
        from_memory += told["from_memory"]
        stale += _differs(account, told)
        asked = Asked(account, LAST, usual_seed(LAST))
        if rng.random() < 0.05:
            check_decision(asked, asked.version)  # as a worker does for one answer in twenty
    figures = memory_figures(workspace.pk)
    assert figures
    asked = figures.hits + figures.misses
    return [
        ["a day's requests that memory could answer", f"{figures.hits / asked:.1%}", f"{asked:,}, one a minute", "95 %"],
        ["answers that were stale", f"{stale}", f"each of {REQUESTS:,} computed again by the bench", "0"],
        ["looked at again by the product", f"{figures.checked}", f"{figures.wrong} wrong, wrong-hit rate {figures.wrong_between[0]:.2%} to {figures.wrong_between[1]:.2%}", "0"],
        ["time saved", f"{figures.saved_seconds:.1f} s", "", ""],
    ]  # fmt: skip


def _day_moves(workspace: Workspace, accounts: list[AdAccount], rng: np.random.Generator, at: datetime) -> None:
    """The platform restates a few ad-days, and the loop turns."""
    for row in AdDay.objects.order_by("?")[:20]:
        AdDay.objects.filter(ad_id=row.ad_id, day=row.day).update(clicks=row.clicks + int(rng.integers(1, 9)))
    turn_cycle(workspace, until=LAST, now=at, rng_seed=int(rng.integers(10**6)))


def _differs(account: AdAccount, told: dict[str, Any]) -> bool:
    fresh, _ = answered(questions.asked(account, day=LAST), seed=usual_seed(LAST))
    return [str(to_major(budget, account.currency)) for budget in fresh.after] != [
        one["after"] for one in told["budgets"]
    ]
