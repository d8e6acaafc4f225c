"""The ledger says what the CRM says: whatever happened to the deals, and in whatever order it was heard of."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests
from django.db import connection

from attribution.actions.crm.parse_inbox import parse_inbox
from attribution.actions.crm.refresh_deals import refresh_due_deals
from attribution.models import Deal, DealRefresh, InboxDelivery, LedgerEntry
from attribution.selectors import Basis, intake, totals, unattributed
from stratum.core.clock import now
from stratum.core.models import Ad
from stratum.core.periods import Period, local_day
from stratum.core.tenancy import in_workspace
from stratum.sandbox.crm.pipelines import PIPELINES
from tests.attribution.deliveries import signed_headers
from tests.flows.crm import AD_SHARE, Crm, assert_every_deal_closes, balances, unguarded_ledger
from tests.town import Town, open_town

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def town(transactional_db: None, live_server: Any, settings: Any) -> Iterator[Town]:
    with open_town(live_server, settings, history_days=1, delay_seconds=0.2) as opened:
        yield opened


@pytest.fixture
def ads(town: Town) -> list[Ad]:
    return list(Ad.objects.filter(status="ACTIVE").order_by("id")[:3])


def live_through_everything(crm: Crm, ads: list[Ad]) -> dict[str, str]:
    """Deals by what became of them. Heard of in between, so that there is something to take back."""
    deals = {fate: crm.lead(ads[n % 3]) for n, fate in enumerate(FATES)}
    deals["organic"] = crm.lead(None, "333.33")
    crm.town.hear()
    for step in range(3):
        for fate, deal_id in deals.items():
            steps = FATES.get(fate, ())
            if step < len(steps):
                crm.change(deal_id, **steps[step])
        crm.town.hear()
    deals["merged"] = crm.change(deals["merged away"], merge_into=deals["merged too"])
    return deals


FATES: dict[str, tuple[dict[str, Any], ...]] = {
    "moved on": ({"stage": "qualifiedtobuy"}, {"stage": "contractsent"}, {"stage": "presentationscheduled"}),
    "grown": ({"amount": "1200.55"}, {"stage": "qualifiedtobuy"}, {"amount": "1301.07"}),
    "without amount": ({"stage": "contractsent"}, {"amount": None}),
    "won": ({"stage": "contractsent"}, {"stage": "won"}, {"amount": "950.01"}),
    "lost": ({"stage": "contractsent"}, {"stage": "lost"}),
    "won, then lost": ({"stage": "won"}, {"stage": "lost"}),
    "re-opened": ({"stage": "lost"}, {"stage": "qualifiedtobuy"}),
    "deleted": ({"stage": "won"}, {"delete": True}),
    "restored": ({"stage": "won"}, {"delete": True}, {"restore": True}),
    "merged away": ({"stage": "qualifiedtobuy"},),
    "merged too": ({"stage": "contractsent"},),
}


def post_again(town: Town, bodies: list[bytes]) -> None:
    for body in bodies:
        headers = signed_headers(body, town.sandbox.config.client_secret)
        assert requests.post(f"{town.url}/webhooks/hubspot/", data=body, headers=headers, timeout=20).json()["stored"]


def test_whatever_happens_to_deals_the_ledger_says_what_the_crm_says(town, crm, ads):
    crm.disturb()
    deals = live_through_everything(crm, ads)
    town.hear()
    held = {deal.external_id: deal.value for deal in Deal.objects.all()}
    assert held == {deal_id: crm.worth(deal_id) for deal_id in deals.values()}
    expected = {"won": 95_001, "lost": 0, "won, then lost": 0, "deleted": 0, "restored": 90_000, "re-opened": 36_000}
    assert {fate: held[deals[fate]] for fate in expected} == expected
    assert {held[deals["merged away"]], held[deals["merged too"]]} == {0}
    assert held[deals["merged"]] > 0
    assert_every_deal_closes()
    today = local_day(now(), town.account.timezone)
    for basis in Basis:
        period = Period(today - timedelta(days=9), today)
        assert (
            totals(period, basis=basis).revenue + unattributed(period, basis=basis) == Decimal(sum(held.values())) / 100
        )

    living = [fate for fate in deals if fate not in ("deleted", "merged away", "merged too", "organic")]
    assert float(totals(period).conversions) == pytest.approx(len(living) * float(AD_SHARE), abs=0.05)

    stands, lines = balances(), LedgerEntry.objects.count()
    assert stands[deals["won"], ads[0].pk] == round(95_001 * AD_SHARE)
    assert intake().waiting == intake().dead == 0
    hear_it_all_again(town, random.Random(3))
    assert (balances(), LedgerEntry.objects.count()) == (stands, lines), "what was known already posts nothing"

    with unguarded_ledger():
        LedgerEntry.objects.all().delete()
    Deal.objects.all().delete()
    hear_it_all_again(town, random.Random(4))
    # A deal that was never seen alive has no row to say that it is worth nothing.
    assert balances() == stands
    assert_every_deal_closes()


def hear_it_all_again(town: Town, chance: random.Random) -> None:
    """Every delivery once more and some twice, in no order, each event by itself or in its old company, looked at in between."""
    bodies = [bytes(body) for body in InboxDelivery.objects.values_list("body", flat=True)]
    bodies += chance.sample(bodies, len(bodies) // 3)
    chance.shuffle(bodies)
    InboxDelivery.objects.update(parsed_at=None)
    for start in range(0, len(bodies), 10):
        post_again(town, bodies[start : start + 10])
        parse_inbox(most=chance.randint(1, 10))
        refresh_due_deals(town.workspace, now=now(), most=chance.randint(1, 10))
    while parse_inbox() or refresh_due_deals(town.workspace, now=now()):
        pass
    assert not DealRefresh.objects.exists()


def test_a_restored_deal_counts_once_on_every_basis_and_lives_on(town, crm, ads):
    deal_id = crm.lead(ads[0])
    crm.change(deal_id, stage="won")
    town.hear()
    for what in ({"delete": True}, {"restore": True}):
        crm.change(deal_id, **what)
        town.hear()
    today = local_day(now(), town.account.timezone)
    assert Deal.objects.get().removed_at is None
    for basis in Basis:
        assert totals(Period(today - timedelta(days=9), today), basis=basis).revenue == round(900 * AD_SHARE, 2)
    crm.change(deal_id, stage="qualifiedtobuy")
    town.hear()
    assert Deal.objects.get().value == crm.worth(deal_id) == 36_000


def test_stages_speak_by_their_metadata_and_other_currencies_by_their_worth_at_home(town, crm, ads, monkeypatch):
    pipeline = PIPELINES["default"]
    renamed = {"qualifiedtobuy": "Closed won", "closedwon": "Paper signed", "closedlost": "Won (later)"}
    stages = tuple(replace(stage, label=renamed.get(stage.id, stage.label)) for stage in pipeline.stages)
    monkeypatch.setitem(PIPELINES, "default", replace(pipeline, stages=stages))
    called_won, won, called_lost = (crm.lead(ads[0]) for _ in range(3))
    yen, unpriced = crm.lead(ads[1], "150000", "JPY"), crm.lead(ads[1], None)
    for deal_id, stage in ((called_won, "qualifiedtobuy"), (won, "won"), (called_lost, "lost"), (yen, "won")):
        crm.change(deal_id, stage=stage)
    town.hear()
    found = {d.external_id: (d.stage_label, d.is_won, d.is_closed, d.value) for d in Deal.objects.all()}
    assert found[called_won] == ("Closed won", False, False, 36_000)
    assert found[won] == ("Paper signed", True, True, 90_000)
    assert found[called_lost] == ("Won (later)", False, True, 0)
    assert found[yen] == ("Paper signed", True, True, 100_000), "150,000 yen are 1,000 dollars at home"
    assert Deal.objects.get(external_id=unpriced).unvalued_because == "it has no amount"
    assert balances()[yen, ads[1].pk] == round(100_000 * AD_SHARE)


def test_while_the_crm_does_not_answer_deals_wait_with_the_reason_and_nothing_is_lost(town, crm, ads, settings):
    deals = [crm.lead(ad) for ad in ads]
    use_up_the_limit(crm)
    town.hear()
    waiting = list(DealRefresh.objects.values_list("deal_external_id", "attempts", "last_error"))
    assert sorted(deal_id for deal_id, _, _ in waiting) == sorted(deals)
    assert {attempts for _, attempts, _ in waiting} == {1}
    assert all("HubSpot answered 429" in reason for _, _, reason in waiting)

    address, settings.HUBSPOT_API_URL = settings.HUBSPOT_API_URL, NOWHERE
    for deal_id in deals:
        crm.change(deal_id, stage="won")
    town.hear()
    assert set(DealRefresh.objects.values_list("deal_external_id", flat=True)) == set(deals)
    assert all("ConnectionError" in reason for reason in DealRefresh.objects.values_list("last_error", flat=True))
    assert not LedgerEntry.objects.exists()

    settings.HUBSPOT_API_URL = address
    wait_until(lambda: refresh_due_deals(town.workspace, now=now()) == len(deals), seconds=20)
    assert not DealRefresh.objects.exists()
    assert {d.external_id: d.value for d in Deal.objects.all()} == {deal_id: crm.worth(deal_id) for deal_id in deals}
    assert sorted(balances().values()) == [90_000 - round(90_000 * AD_SHARE)] * 3 + [round(90_000 * AD_SHARE)] * 3


def use_up_the_limit(crm: Crm) -> None:
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {crm.town.sandbox.config.crm_token}"
    for _ in range(400):
        answer = session.get(f"{crm.town.sandbox.crm_url}/crm/v3/pipelines/deals", timeout=20)
        if answer.status_code == 429:
            break
    assert "Retry-After" not in answer.headers


def test_one_deal_that_cannot_be_stored_does_not_hold_up_the_others(town, crm, ads):
    good, huge, broken = crm.lead(ads[0]), crm.lead(ads[0]), crm.lead(ads[0])
    crm.change(huge, amount="1" * 30)
    crm.change(broken, properties={"dealname": "NUL \x00 inside"})
    town.hear()
    assert Deal.objects.get(external_id=good).value == crm.worth(good)
    assert Deal.objects.get(external_id=huge).unvalued_because == "its amount is too large to be meant"
    stuck = DealRefresh.objects.get()
    assert (stuck.deal_external_id, stuck.last_error.startswith("it could not be stored")) == (broken, True)
    crm.change(broken, properties={"dealname": "Whole again"}, amount="901.00")
    town.hear()
    assert not DealRefresh.objects.exists()


def test_a_worker_that_read_before_another_did_writes_nothing_after_it(town, crm, ads):
    deal_id = crm.lead(ads[0])
    crm.change(deal_id, stage="won")
    town.control("faults", name="slow", server="crm", path="/associations/", seconds=1.5)
    town.control("deliver/flush", seconds=20)
    parse_inbox()
    with ThreadPoolExecutor(1) as other:
        reading = other.submit(refresh_and_leave, town)
        wait_until(lambda: town.sandbox.faults.listed() == [])  # it has the deal, and waits for the contacts
        crm.change(deal_id, delete=True)
        town.hear()
        assert reading.result() == 0
    assert (Deal.objects.count(), balances(), DealRefresh.objects.count()) == (0, {}, 0)


def refresh_and_leave(town: Town) -> int:
    try:
        with in_workspace(town.workspace):
            return refresh_due_deals(town.workspace, now=now())
    finally:
        connection.close()


def wait_until(true: Callable[[], bool], seconds: float = 10) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until
        time.sleep(0.01)
