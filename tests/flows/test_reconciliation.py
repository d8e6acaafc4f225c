"""Deliveries that never came are found and made good, and the share of revenue that was checked is published."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command

from attribution.actions.crm.reconcile import reconcile
from attribution.models import Deal, LedgerEntry
from attribution.selectors import reconciliation
from stratum.core.clock import now
from stratum.core.models import Ad
from stratum.core.money import to_major
from tests.flows.crm import assert_every_deal_closes, unguarded_ledger
from tests.town import Town, open_town

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def town(transactional_db: None, live_server: Any, settings: Any) -> Iterator[Town]:
    with open_town(live_server, settings, history_days=1) as opened:
        yield opened


def truth(town: Town) -> dict[str, int]:
    """Cents that every deal of the CRM is worth, from the CRM's own memory."""
    return {
        record.id: round(
            Decimal(record.properties["amount_in_home_currency"] or 0)
            * 100
            * Decimal(record.properties["hs_deal_stage_probability"])
        )
        for record in town.sandbox.world.crm.alive("deals")
    }


def test_a_thousand_lost_deliveries_are_all_made_good(town, crm, portal):
    ads = list(Ad.objects.filter(status="ACTIVE").order_by("id")[:5])
    town.control("faults", name="drop_delivery", probability=1.0)
    known = [crm.lead(None, "500.00") for _ in range(200)]
    reconcile(town.workspace, portal, now=now())
    before = deliveries_dropped(town)

    for deal_id in known[:150]:
        crm.change(deal_id, stage="won")
        crm.change(deal_id, amount="650.00")
    for deal_id in known[150:180]:
        crm.change(deal_id, stage="lost")
    for deal_id in known[180:]:
        crm.change(deal_id, delete=True)
    new = [crm.lead(ads[n % 5] if n < 20 else None, "800.00") for n in range(650)]
    assert deliveries_dropped(town) - before == 1_000
    assert {deal.value for deal in Deal.objects.filter(external_id__in=known)} == {10_000}

    found = reconcile(town.workspace, portal, now=now())
    assert (found.missing, found.different, found.gone) == (len(new), 180, 20)
    assert found.repaired == 850
    assert found.revenue_verified == found.revenue
    held = dict(Deal.objects.filter(removed_at=None).values_list("external_id", "value"))
    assert held == truth(town)
    assert_every_deal_closes()

    lines = LedgerEntry.objects.count()
    again = reconcile(town.workspace, portal, now=now())
    assert (again.equal, again.repaired) == (again.compared, 0)
    assert LedgerEntry.objects.count() == lines
    agreement = reconciliation()
    assert (agreement.share_verified, agreement.unrepaired) == (1, 0)
    assert agreement.revenue == to_major(sum(held.values()), "USD")


def deliveries_dropped(town: Town) -> int:
    return town.sandbox.webhooks.counts()["dropped"]


def test_a_ledger_that_was_tampered_with_is_noticed_and_put_right(town, crm, portal):
    deal_id = crm.lead(None)
    crm.change(deal_id, stage="won")
    town.hear()
    reconcile(town.workspace, portal, now=now())
    with unguarded_ledger():
        LedgerEntry.objects.filter(deal__external_id=deal_id).update(amount=1)
    found = reconcile(town.workspace, portal, now=now())
    assert (found.different, found.repaired) == (1, 1)
    assert_every_deal_closes()


def test_what_cannot_be_read_again_is_not_called_verified(town, crm, portal):
    good, broken = crm.lead(None, "300.00"), crm.lead(None, "100.00")
    town.hear()
    reconcile(town.workspace, portal, now=now())
    town.control("faults", name="drop_delivery", probability=1.0)
    crm.change(broken, properties={"dealname": "NUL \x00 inside"}, amount="200.00")
    found = reconcile(town.workspace, portal, now=now())
    assert (found.different, found.repaired, found.revenue - found.revenue_verified) == (1, 0, 2_000)
    assert reconciliation().unrepaired == 1
    assert Deal.objects.get(external_id=good).value == 6_000


def test_the_command_says_how_much_is_verified(town, crm, portal, capsys, settings):
    crm.lead(None)
    call_command("reconcile", workspace="Harbor")
    told = capsys.readouterr().out
    assert "100.00% of revenue verified" in told
    assert " 0 were missing" not in told
    page = town.signed_in("owner@example.com").get(f"{town.url}/health/", timeout=20).text
    assert "100.00 %" in page and "What a stage is worth" in page
    settings.HUBSPOT_API_URL = NOWHERE
    with pytest.raises(Exception, match="could not be listed"):
        call_command("reconcile", workspace="Harbor")
