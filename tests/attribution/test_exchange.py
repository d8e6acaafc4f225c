"""A deal's rate is that of the day of its amount, and it stays until somebody says otherwise."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.models import Sum

from attribution.actions.credit.attribute_deals import Booking, attribute_deals, post_values
from attribution.actions.crm.refresh_deals import refresh_due_deals
from attribution.actions.crm.store_crm_deals import store_crm_deals
from attribution.actions.deals.import_deals import import_deals
from attribution.actions.deals.import_exchange_rates import import_exchange_rates
from attribution.actions.deals.revalue_deals import revalue_deals
from attribution.models import Deal, DealValuation, ExchangeRate, LedgerEntry
from attribution.row_fields import DEAL
from stratum.core.models import AuditEntry
from stratum.core.rows import read_row
from stratum.platforms.hubspot_objects import CrmDeal, Then

DAY_ONE = datetime(2026, 10, 1, 15, tzinfo=UTC)


def rate(day, value, currency="EUR", source="bank"):
    return {"currency": currency, "day": day, "rate": Decimal(value), "source": source}


@pytest.fixture
def rates(workspace):
    import_exchange_rates(
        workspace, [rate(date(2026, 9, 28), "1.10"), rate(date(2026, 10, 1), "1.20"), rate(date(2026, 10, 3), "1.50")]
    )


def tell(workspace, portal, amount, *, day, home=None, changed=None, currency="EUR", won=True):
    """The CRM's word on deal 7, `day` days after the first; its amount was last `changed` so many days after the first."""
    at = DAY_ONE + timedelta(days=day)
    properties = {
        "amount": amount,
        "deal_currency_code": currency,
        "createdate": DAY_ONE.isoformat(),
        "hs_lastmodifieddate": at.isoformat(),
        "hs_is_closed": str(won).lower(),
        "hs_is_closed_won": str(won).lower(),
        "hs_deal_stage_probability": "0.5",
        **({"amount_in_home_currency": home} if home else {}),
    }
    history = {} if changed is None else {"amount": (Then(amount, DAY_ONE + timedelta(days=changed)),)}
    with transaction.atomic():
        (deal,) = store_crm_deals(workspace, portal, [CrmDeal("7", properties, history=history)], {})
        attribute_deals(workspace, [Booking(deal.pk, "told")], now=at)
    return deal.amount, deal.fx_rate and float(deal.fx_rate), deal.fx_date, deal.fx_source, deal.unvalued_because


@pytest.mark.parametrize(
    ("told", "priced"),
    [
        ({"day": 0}, (12_000, 1.2, date(2026, 10, 1), "bank", "")),
        ({"day": 1}, (12_000, 1.2, date(2026, 10, 1), "bank", "")),  # the nearest earlier day
        ({"day": 9, "changed": 0}, (12_000, 1.2, date(2026, 10, 1), "bank", "")),  # told late: the amount's own day counts
        ({"day": 9, "changed": 5}, (15_000, 1.5, date(2026, 10, 3), "bank", "")),
        ({"day": 0, "home": "117.31"}, (11_731, 1.1731, date(2026, 10, 1), "hubspot", "")),  # the CRM's own worth comes first
        ({"day": 0, "currency": "GBP"}, (None, None, date(2026, 10, 1), "", "its amount in GBP has no value in USD")),
        ({"day": 0, "currency": "USD"}, (10_000, None, None, "", "")),
        ({"day": -30}, (None, None, date(2026, 9, 1), "", "its amount in EUR has no value in USD")),  # before the first rate
    ],
)  # fmt: skip
def test_a_rate_comes_from_the_crm_or_from_the_nearest_earlier_day(workspace, portal, rates, told, priced):
    assert tell(workspace, portal, "100", **told) == priced


def test_a_rate_stays_until_the_amount_changes(workspace, portal, rates):
    assert tell(workspace, portal, "100", day=0, home="120")[0] == 12_000
    assert tell(workspace, portal, "100", day=5, home="190")[:4] == (12_000, 1.2, date(2026, 10, 1), "hubspot")
    assert tell(workspace, portal, "200", day=6, home="380")[:2] == (38_000, 1.9)
    assert tell(workspace, portal, "200", day=7, currency="USD")[:2] == (20_000, None)
    assert LedgerEntry.objects.aggregate(total=Sum("amount"))["total"] == 20_000


def test_a_deal_without_a_rate_is_valued_when_one_arrives(workspace, portal, tmp_path):
    assert tell(workspace, portal, "100", day=0)[0] is None
    assert Deal.objects.get().value == 0
    path = tmp_path / "rates.csv"
    path.write_text("currency,day,rate,source\neur,2026-09-30,1.25,bank\nEUR,2026-10-02,9,bank\n")
    call_command("import_exchange_rates", str(path), workspace="Acme", no_progress=True)
    refresh_due_deals(workspace, now=DAY_ONE + timedelta(days=9))
    deal = Deal.objects.get()
    assert (deal.value, deal.fx_date, deal.unvalued_because) == (12_500, date(2026, 9, 30), "")
    assert LedgerEntry.objects.aggregate(total=Sum("amount"))["total"] == 12_500


def test_an_explicit_revaluation_is_the_only_other_way_and_leaves_a_trail(workspace, portal, rates):
    tell(workspace, portal, "100", day=0, won=False)
    newest, at = ExchangeRate.objects.latest("day"), DAY_ONE + timedelta(days=9)
    assert revalue_deals(workspace, newest, actor="ana", now=at) == 1
    deal = Deal.objects.get()
    assert (deal.value, deal.fx_date) == (7_500, date(2026, 10, 3))
    line = LedgerEntry.objects.order_by("-id")[0]
    assert (line.amount, line.reason, line.booked_date) == (1_500, "exchange rate of EUR on 2026-10-03", at.date())
    assert AuditEntry.objects.get(action="deals revalued").data["deals"] == 1
    assert revalue_deals(workspace, newest, actor="ana", now=at) == 0
    tell(workspace, portal, "100", day=10, won=True)
    revalue_deals(workspace, ExchangeRate.objects.earliest("day"), actor="ana", now=at)
    assert Deal.objects.get().value == 15_000, "what is closed keeps its rate"


@pytest.mark.parametrize(
    ("amount", "currency", "value"),
    [("100", "EUR", 12_000), ("100", "eur", 12_000), ("0", "GBP", 0), (None, "EUR", 0), ("100", "GBP", 0)],
)
def test_imported_deals_in_another_currency_are_treated_the_same(workspace, rates, amount, currency, value):
    row = {"deal_id": "d", "created_at": DAY_ONE.isoformat(), "is_won": True, "amount": amount, "currency": currency}
    import_deals(workspace, [read_row(row, DEAL)])
    deal = Deal.objects.get()
    assert deal.value == value
    assert bool(deal.unvalued_because) == (amount is None or (currency == "GBP" and amount != "0"))


def test_every_revision_keeps_the_rate_it_was_booked_at(workspace, portal, rates):
    tell(workspace, portal, "100", day=0, won=False)
    tell(workspace, portal, "100", day=1, won=False)
    tell(workspace, portal, "200", day=4, changed=4, won=False)
    tell(workspace, portal, "200", day=5, changed=4, won=True)
    kept = DealValuation.objects.order_by("id").values_list(
        "revision", "amount_in_currency", "fx_rate", "fx_date", "value"
    )
    assert [(r, a, float(rate), day.day, value) for r, a, rate, day, value in kept] == [
        (1, 10_000, 1.2, 1, 6_000),
        (2, 20_000, 1.5, 3, 15_000),
        (3, 20_000, 1.5, 3, 30_000),
    ]
    booked = LedgerEntry.objects.values_list("revision").order_by("revision").annotate(Sum("amount"))
    assert list(booked) == [(1, 6_000), (2, 9_000), (3, 15_000)]


def test_what_closes_or_changes_its_currency_meanwhile_is_not_revalued(workspace, rates, monkeypatch):
    def state(deal_id, **more):
        row = {"deal_id": deal_id, "created_at": DAY_ONE.isoformat(), "stage": "open", "stage_probability": "0.5", "amount": "100", "currency": "EUR"}  # fmt: skip
        return read_row(row | more, DEAL)

    import_deals(workspace, [state(name) for name in ("a", "b", "c")])

    def meanwhile(*args, **more):
        if not Deal.objects.filter(currency="USD").exists():
            import_deals(workspace, [state("b", is_won=True), state("c", currency="USD")])
        return post_values(*args, **more)

    monkeypatch.setattr("attribution.actions.deals.revalue_deals.post_values", meanwhile)
    assert revalue_deals(workspace, ExchangeRate.objects.latest("day"), actor="ana", now=DAY_ONE) == 1
    assert dict(Deal.objects.values_list("external_id", "value")) == {"a": 7_500, "b": 12_000, "c": 5_000}
