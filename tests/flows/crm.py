"""A person at the CRM, and what the ledger makes of what they do."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import requests
from django.db import connection
from django.db.models import Sum

from attribution.actions.crm.refresh_deals import refresh_due_deals
from attribution.actions.crm.sync_crm import Synced, sync_crm
from attribution.domain.hazard import OWN_DEVICE, starting_hazard
from attribution.models import CrmConnection, Deal, DealRefresh, LedgerEntry
from stratum.core.clock import now
from stratum.core.models import Ad
from tests.town import Town

FOR_EVER = {"probability": 1.0}


def share_of_a_fresh_click() -> Decimal:
    """Of its known person's deal, before anything was learnt: 0.995 × h ÷ (h + μ + ν), with h = q·f of the youngest clicks."""
    start = starting_hazard()
    hazard = start.pull[0] * start.decay[OWN_DEVICE, 0]
    share = 0.995 * hazard / (hazard + start.organic + start.organic_of_click[OWN_DEVICE, 0])
    return round(Decimal(share), 8)


AD_SHARE = share_of_a_fresh_click()


@dataclass
class Crm:
    """A person at the CRM: ads bring leads, leads become deals, deals meet their fates."""

    town: Town

    def lead(self, ad: Ad | None, amount: str | None = "900.00", currency: str = "USD") -> str:
        click = {}
        if ad:
            made = self.town.control("click", ad_id=ad.external_id, consent=2, send=True)
            click = {"click_id": made["click_id"]}
        return self.town.control("lead", **click, amount=amount, currency=currency, pipeline="default")["deal_id"]

    def change(self, deal_id: str, **what: Any) -> str:
        return self.town.control("deal", deal_id=deal_id, **what)["deal_id"]

    def disturb(self) -> None:
        """From now on every second delivery comes late and backwards, and every third twice."""
        self.town.control("faults", name="deliver_disorder", probability=0.5)
        self.town.control("faults", name="deliver_duplicates", probability=0.34)

    def worth(self, deal_id: str) -> int:
        """Cents, from the CRM's own answers: amount × the stage's probability, all when won, nothing when lost or gone."""
        deal = self.read(f"objects/deals/{deal_id}?properties=amount_in_home_currency,dealstage,pipeline")
        if deal is None or deal["id"] != deal_id or not deal["properties"]["amount_in_home_currency"]:
            return 0
        stages = {
            (pipeline["id"], stage["id"]): Decimal(stage["metadata"]["probability"])
            for pipeline in self.read("pipelines/deals")["results"]
            for stage in pipeline["stages"]
        }
        probability = stages[deal["properties"]["pipeline"], deal["properties"]["dealstage"]]
        cents = Decimal(deal["properties"]["amount_in_home_currency"]) * 100 * probability
        return int(cents.to_integral_value(ROUND_HALF_UP))

    def read(self, path: str) -> dict[str, Any] | None:
        token = {"Authorization": f"Bearer {self.town.sandbox.config.crm_token}"}
        answer = requests.get(f"{self.town.sandbox.crm_url}/crm/v3/{path}", headers=token, timeout=20)
        return None if answer.status_code == 404 else answer.json()


def balances() -> dict[tuple[str, int | None], int]:
    """Deal and ad → cents that stand; nothing where the lines cancel out."""
    rows = LedgerEntry.objects.values_list("deal__external_id", "ad_id").order_by().annotate(Sum("amount"))
    return {(deal_id, ad_id): amount for deal_id, ad_id, amount in rows if amount}


def assert_every_deal_closes() -> None:
    per_deal = LedgerEntry.objects.values("deal").order_by().annotate(credit=Sum("credit"), amount=Sum("amount"))
    values = dict(Deal.objects.values_list("pk", "value"))
    assert {one["deal"]: one["amount"] for one in per_deal} == values
    assert {one["credit"] for one in per_deal} == {1}


@contextmanager
def unguarded_ledger() -> Iterator[None]:
    """As if somebody with the owner's rights had put the database's own guard aside."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE attribution_ledgerentry DISABLE TRIGGER USER")
        try:
            yield
        finally:
            cursor.execute("ALTER TABLE attribution_ledgerentry ENABLE TRIGGER USER")


def lose(town: Town, **how: Any) -> None:
    town.control("faults", name="drop_delivery", **(how or FOR_EVER))


def market_time(town: Town) -> datetime:
    return datetime.fromisoformat(requests.get(f"{town.sandbox.graph_url}/control/state", timeout=20).json()["now"])


def sync(town: Town, portal: CrmConnection) -> Synced:
    """A look at what changed, and the repairs it asks for."""
    found = sync_crm(portal, now=market_time(town))
    while refresh_due_deals(town.workspace, now=now()):
        pass
    return found


def wait_for(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not true():
        assert time.monotonic() < until
        time.sleep(0.02)


def assert_the_ledger_says_what_the_crm_says(crm: Crm, *deal_ids: str) -> None:
    held = dict(Deal.objects.filter(external_id__in=deal_ids).values_list("external_id", "value"))
    assert held == {deal_id: crm.worth(deal_id) for deal_id in deal_ids}
    assert not DealRefresh.objects.filter(deal_external_id__in=deal_ids).exists()
    assert_every_deal_closes()
