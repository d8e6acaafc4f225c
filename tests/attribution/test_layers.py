from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from attribution.actions.deals.import_deals import import_deals
from attribution.actions.touches.record_touchpoints import record_touchpoints
from attribution.models import ExchangeRate, LedgerEntry, ModelledEntry
from attribution.selectors import (
    Basis,
    bridge,
    by_layer,
    by_level,
    in_other_currencies,
    returns_by_layer,
    totals,
    unattributed,
)
from attribution.selectors.roas import Level
from stratum.core.models import AdAccount, Membership, User
from tests.attribution.test_ledger import PERIOD, ads, click, deal  # noqa: F401

THEN = datetime(2026, 10, 11, 12, tzinfo=UTC)
LATER = datetime(2026, 10, 20, 12, tzinfo=UTC)


@pytest.fixture
def three_layers(workspace, ads):  # noqa: F811
    """A deal by cookie, one by fingerprint, one by nothing, and ten dollars of the last one modelled."""
    record_touchpoints(workspace, [click(1, days_before=1, anonymous_id="x"), click(2, days_before=1, fingerprint="f")])
    for deal_id, keys in (("d1", {"anonymous_id": "x"}), ("d2", {"fingerprint": "f"}), ("d3", {})):
        import_deals(workspace, [deal("won", deal_id=deal_id, **keys)])
    for basis, day in (("accrual", date(2026, 10, 9)), ("cash", date(2026, 10, 10))):
        ModelledEntry.objects.create(workspace=workspace, basis=basis, day=day, ad_id=ads["ad-1"], run=1, amount=1000, deals=0.01, posted_at=LATER)  # fmt: skip
    LedgerEntry.objects.update(posted_at=THEN)


@pytest.mark.parametrize("basis", Basis)
def test_each_layer_adds_its_part_and_all_of_them_are_the_return_that_every_page_shows(three_layers, basis):
    certain, fingerprint, ip, every, without_probable = returns_by_layer(PERIOD, basis=basis)
    layers = by_layer(PERIOD, basis=basis)
    assert certain.revenue == layers["deterministic"] > 0 and ip.revenue == fingerprint.revenue
    assert fingerprint.revenue - certain.revenue == layers["fingerprint"] > 0
    assert every.revenue - ip.revenue == without_probable.revenue - certain.revenue == Decimal("10.00")
    assert every.roas == totals(PERIOD, basis=basis).roas > without_probable.roas > certain.roas
    assert sum(layers.values()) == 3000


@pytest.mark.parametrize("basis", Basis)
@pytest.mark.parametrize("currency", ["USD", "EUR"])
def test_what_no_return_counts_is_a_line_of_its_own(three_layers, workspace, client, basis, currency):
    AdAccount.objects.update(currency=currency)
    client.force_login(viewer := User.objects.create_user("viewer@example.com", "a long secret"))
    Membership.objects.create(workspace=workspace, user=viewer, role="viewer")
    elsewhere = in_other_currencies(PERIOD, basis=basis)
    assert totals(PERIOD, basis=basis).revenue + elsewhere + unattributed(PERIOD, basis=basis) == 3000
    assert sum(by_layer(PERIOD, basis=basis).values()) == 3000
    page = client.get("/", {"from": PERIOD.start, "to": PERIOD.end, "basis": basis}).content.decode()
    assert (elsewhere > 0) == ("In other currencies" in page) == (currency == "EUR")
    if elsewhere:
        ExchangeRate.objects.create(workspace=workspace, currency="EUR", day=PERIOD.start, rate="1.25", source="bank")
        assert in_other_currencies(PERIOD, basis=basis) == 0
        assert totals(PERIOD, basis=basis).revenue == elsewhere, (
            "what the CRM books is the workspace's currency already"
        )
        assert returns_by_layer(PERIOD, basis=basis)[-2].revenue == elsewhere
        ExchangeRate.objects.all().delete()
        assert {(one.revenue, one.roas) for one in returns_by_layer(PERIOD, basis=basis)} == {(Decimal(0), None)}


@pytest.mark.parametrize("basis", Basis)
@pytest.mark.parametrize("currency", ["USD", "EUR"])
def test_parts_bridge_what_ads_earned_and_all_that_was_booked_to_the_cent(three_layers, basis, currency):
    AdAccount.objects.update(currency=currency)
    parts = bridge(PERIOD, basis=basis)
    assert parts.of_ads == totals(PERIOD, basis=basis).revenue
    assert (parts.other_currencies > 0) == (currency == "EUR")
    assert (parts.booked, parts.without_ad) == (3000, 0)


def test_the_models_page_leads_from_the_overviews_figure_to_the_sum_of_every_model(three_layers, workspace, client):
    client.force_login(viewer := User.objects.create_user("viewer@example.com", "a long secret"))
    Membership.objects.create(workspace=workspace, user=viewer, role="viewer")
    page = client.get("/models/", {"from": PERIOD.start, "to": PERIOD.end}).content.decode()
    panel = page[page.index("From the Overview") :]
    amounts = [Decimal(text.replace(",", "")) for text in re.findall(r"([-\d,]+\.\d\d) USD", panel)]
    certain, probable, modelled, of_ads, *others, every_model = amounts
    assert of_ads == certain + probable + modelled == totals(PERIOD).revenue
    assert every_model == of_ads + sum(others) == 3000


def test_a_report_of_the_past_shows_what_was_posted_until_then(three_layers, workspace):
    now = totals(PERIOD)
    import_deals(workspace, [deal("lost", at=30, anonymous_id="x")])
    assert totals(PERIOD).revenue < now.revenue
    then = totals(PERIOD, as_of=THEN)
    assert then.revenue == now.revenue - 10, "the modelled part came later"
    assert totals(PERIOD, as_of=LATER).revenue == now.revenue
    assert by_level(Level.AD, PERIOD, as_of=THEN)[0].figures.spend == 10
    assert unattributed(PERIOD, as_of=THEN) == 3000 - then.revenue
    before = datetime(2026, 9, 30, 12, tzinfo=UTC)
    assert (totals(PERIOD, as_of=before).revenue, totals(PERIOD, as_of=before).spend) == (0, 0)
