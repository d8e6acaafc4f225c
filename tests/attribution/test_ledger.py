from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attribution.actions.ads.store_ad_days import store_ad_days
from attribution.actions.credit.attribute_deals import Booking, attribute_deals
from attribution.actions.credit.keep_calibration import start_calibration
from attribution.actions.crm.queue_deals import queue_deals
from attribution.actions.crm.refresh_deals import refresh_due_deals
from attribution.actions.deals.import_deals import import_deals
from attribution.actions.deals.import_exchange_rates import import_exchange_rates
from attribution.actions.touches.record_touchpoints import record_touchpoints
from attribution.domain.deal_value import booked_value
from attribution.models import Deal, DealRefresh, LedgerEntry
from attribution.row_fields import AD_DAY, DEAL, TOUCHPOINT
from attribution.selectors import Basis, revenue_freshness, totals, unattributed, unbalanced_deals
from stratum.core.models import Ad, AdAccount
from stratum.core.money import split
from stratum.core.periods import Period
from stratum.core.rows import read_row
from stratum.core.tenancy import in_workspace

LEAD_AT = datetime(2026, 10, 10, 15, tzinfo=UTC)
PERIOD = Period(date(2026, 9, 1), date(2026, 11, 30))


@pytest.fixture
def ads(workspace):
    account = AdAccount.objects.create(
        workspace=workspace, platform="meta", external_id="1", name="A", currency="USD", timezone="America/New_York"
    )
    rows = [
        {
            "date": "2026-10-01",
            "ad_id": f"ad-{n}",
            "spend": "10.00",
            "impressions": 100,
            "clicks": 5,
            "campaign_id": "c",
        }
        for n in range(4)
    ]
    store_ad_days(account, [read_row(row, AD_DAY) for row in rows])
    return {ad.external_id: ad.pk for ad in Ad.objects.all()}


@pytest.fixture
def starting_model(workspace):
    """Stored once, and not anew by the first deal of every example."""
    start_calibration(workspace)


def click(number, *, days_before, ad="ad-1", consent=2, **keys):
    at = LEAD_AT - timedelta(days=days_before)
    return read_row(
        {
            "touchpoint_id": f"t{number}",
            "occurred_at": at.isoformat(),
            "kind": "ad_click",
            "ad_id": ad,
            "consent": consent,
            **keys,
        },
        TOUCHPOINT,
    )


def deal(state, *, amount="1000.00", at=1, deal_id="d1", **more):
    states = {"open": {"stage_probability": "0.4"}, "won": {"is_won": True}, "lost": {"is_lost": True}}
    when = LEAD_AT + timedelta(hours=at)
    row = {
        "deal_id": deal_id,
        "created_at": LEAD_AT.isoformat(),
        "updated_at": when.isoformat(),
        "stage": state,
        "amount": amount,
        **states[state],
        **more,
    }
    return read_row(row, DEAL)


def balances():
    rows = (
        LedgerEntry.objects.values_list("layer", "ad__external_id").order_by("layer", "ad_id").annotate(Sum("amount"))
    )
    return {(layer, ad): amount for layer, ad, amount in rows if amount}


@pytest.mark.parametrize(
    ("clicks", "keys", "layer", "ad"),
    [
        ([click(1, days_before=1, click_id="Fb1")], {"click_id": "Fb1"}, "deterministic", "ad-1"),
        (
            [click(1, days_before=1, click_id="Fb1")],
            {"click_id": "fb1"},
            "unattributed",
            None,
        ),  # a click id is case-sensitive
        ([click(1, days_before=1, anonymous_id="x")], {"anonymous_id": "x"}, "deterministic", "ad-1"),
        ([click(1, days_before=1, email="A@b.c")], {"email": "a@B.c "}, "deterministic", "ad-1"),
        ([click(1, days_before=29, anonymous_id="x")], {"anonymous_id": "x"}, "deterministic", "ad-1"),
        ([click(1, days_before=46, anonymous_id="x")], {"anonymous_id": "x"}, "unattributed", None),
        ([click(1, days_before=29, fingerprint="f")], {"fingerprint": "f"}, "fingerprint", "ad-1"),
        ([click(1, days_before=31, fingerprint="f")], {"fingerprint": "f"}, "unattributed", None),
        ([click(1, days_before=6, ip="10.0.0.1")], {"ip": "10.0.0.1"}, "ip", "ad-1"),
        ([click(1, days_before=8, ip="10.0.0.1")], {"ip": "10.0.0.1"}, "ip", "ad-1"),
        ([click(1, days_before=31, ip="10.0.0.1")], {"ip": "10.0.0.1"}, "unattributed", None),
        ([click(1, days_before=2, ip="2001:db8::1")], {"ip": "2001:db8::ffff"}, "ip", "ad-1"),  # one home, one /64
        ([click(1, days_before=2, anonymous_id="x", consent=0)], {"anonymous_id": "x"}, "unattributed", None),
        ([click(1, days_before=2, fingerprint="f", consent=1)], {"fingerprint": "f"}, "unattributed", None),
        (
            [click(1, days_before=-1, anonymous_id="x")],
            {"anonymous_id": "x"},
            "unattributed",
            None,
        ),  # a click after the lead
        (
            [click(1, days_before=1, ad="ad-2", ip="1.1.1.1"), click(2, days_before=9, click_id="c")],
            {"ip": "1.1.1.1", "click_id": "c"},
            "deterministic",
            "ad-1",
        ),
        ([click(1, days_before=1, ad="never-seen", click_id="c")], {"click_id": "c"}, "unattributed", None),
    ],
)
def test_which_layer_credits_which_ad(workspace, ads, clicks, keys, layer, ad):
    record_touchpoints(workspace, clicks)
    import_deals(workspace, [deal("won", **keys)])
    found = [key for key in balances() if key != ("unattributed", None)] or [("unattributed", None)]
    assert found == [(layer, ad)]


def test_a_lost_deal_takes_back_every_cent(workspace, ads):
    record_touchpoints(
        workspace, [click(1, days_before=1, anonymous_id="x"), click(2, days_before=3, ad="ad-2", anonymous_id="x")]
    )
    import_deals(workspace, [deal("open", anonymous_id="x")])
    assert sum(balances().values()) == 40_000
    import_deals(workspace, [deal("won", at=2)])
    assert sum(balances().values()) == 100_000
    earned = totals(PERIOD).revenue
    assert earned + unattributed(PERIOD) == Decimal("1000.00")
    import_deals(workspace, [deal("lost", at=3)])
    assert balances() == {}
    assert totals(PERIOD).revenue == totals(PERIOD, basis=Basis.CASH).revenue == 0


def test_nothing_changed_posts_nothing(workspace, ads):
    record_touchpoints(workspace, [click(1, days_before=1, anonymous_id="x")])
    for _ in range(3):
        import_deals(workspace, [deal("won", anonymous_id="x")])
    lines = LedgerEntry.objects.count()
    with transaction.atomic():
        assert attribute_deals(workspace, [Booking(Deal.objects.get().pk, "again")], now=LEAD_AT) == 0
    assert (lines, Deal.objects.get().revision) == (2, 1)


def test_an_older_state_that_arrives_late_changes_nothing(workspace, ads):
    import_deals(workspace, [deal("won", at=5)])
    import_deals(workspace, [deal("open", at=2)])
    assert sum(balances().values()) == 100_000


def test_a_click_that_arrives_after_its_deal_still_earns(workspace, ads):
    import_deals(workspace, [deal("won", anonymous_id="x")])
    assert set(balances()) == {("unattributed", None)}
    record_touchpoints(workspace, [click(1, days_before=2, anonymous_id="x")])
    assert refresh_due_deals(workspace, now=LEAD_AT) == 1
    assert 70_000 < balances()[("deterministic", "ad-1")] < 100_000
    assert sum(balances().values()) == 100_000


def test_an_ad_that_becomes_known_after_its_clicks_still_earns(workspace, ads):
    record_touchpoints(workspace, [click(1, days_before=1, ad="ad-new", click_id="c")])
    import_deals(workspace, [deal("won", click_id="c")])
    assert set(balances()) == {("unattributed", None)}
    row = {"date": "2026-10-09", "ad_id": "ad-new", "spend": "1", "impressions": 1, "clicks": 1, "campaign_id": "c"}
    store_ad_days(AdAccount.objects.get(), [read_row(row, AD_DAY)])
    assert refresh_due_deals(workspace, now=LEAD_AT) == 1
    assert 70_000 < balances()[("deterministic", "ad-new")] < 100_000


def test_days_are_those_of_the_ads_own_account(workspace, ads):
    tokyo = AdAccount.objects.create(
        workspace=workspace, platform="meta", external_id="2", name="T", currency="USD", timezone="Asia/Tokyo"
    )
    row = {"date": "2026-10-01", "ad_id": "ad-tokyo", "spend": "1", "impressions": 1, "clicks": 1, "campaign_id": "c"}
    store_ad_days(tokyo, [read_row(row, AD_DAY)])
    record_touchpoints(
        workspace, [click(1, days_before=1, ad="ad-tokyo", click_id="t"), click(2, days_before=1, click_id="n")]
    )
    import_deals(workspace, [deal("won", deal_id="d1", click_id="t"), deal("won", deal_id="d2", click_id="n")])
    days = dict(LedgerEntry.objects.filter(layer="deterministic").values_list("ad__external_id", "click_date"))
    assert days == {"ad-tokyo": date(2026, 10, 10), "ad-1": date(2026, 10, 9)}


def test_revenue_is_no_fresher_than_the_oldest_deal_that_waits(workspace, portal):
    assert revenue_freshness() is None
    queue_deals(portal, ["1"])
    DealRefresh.objects.update(queued_at=LEAD_AT)
    queue_deals(portal, ["1", "2"])
    assert revenue_freshness() == LEAD_AT


def test_an_amount_that_is_missing_is_not_zero(workspace, ads):
    import_deals(workspace, [deal("won", amount="")])
    assert (Deal.objects.get().amount, Deal.objects.get().unvalued_because) == (None, "it has no amount")


@pytest.mark.parametrize(
    ("amount", "probability", "is_won", "is_closed", "value"),
    [
        (1000, Decimal("0.4"), False, False, 400),
        (1000, Decimal("0.4"), True, True, 1000),
        (1000, Decimal("0.4"), False, True, 0),
        (None, Decimal("0.4"), False, False, 0),
        (None, None, True, True, 0),
        (1000, None, False, False, 0),
        (333, Decimal("0.5"), False, False, 167),
        (-1000, Decimal("0.4"), False, False, -400),
    ],
)
def test_what_a_deal_is_worth(amount, probability, is_won, is_closed, value):
    assert booked_value(amount, probability, is_won=is_won, is_closed=is_closed) == value


shares = st.lists(st.integers(1, 1000), min_size=1, max_size=30).map(
    lambda parts: [Decimal(part) / sum(parts) for part in parts]
)


@given(st.integers(-(10**12), 10**12), shares)
def test_a_split_loses_no_cent_and_mirrors(total, parts):
    exact = [*parts[:-1], 1 - sum(parts[:-1], Decimal(0))]
    given_out = split(total, exact)
    assert sum(given_out) == total
    assert split(-total, exact) == [-part for part in given_out]


FATES = {
    "won": {},
    "lost": {},
    "open": {},
    "merged": {"merged_into": "d1"},
    "deleted": {"is_deleted": True},
    "in euros": {"currency": "EUR"},
}
events = st.lists(
    st.tuples(st.sampled_from(sorted(FATES)), st.integers(0, 10**7), st.integers(1, 20)), min_size=200, max_size=300
)


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(told=events, data=st.data())
def test_hundreds_of_revisions_add_up_in_any_order_and_replay_posts_nothing(ads, workspace, told, data):
    rows = [
        deal("open" if fate not in ("won", "lost") else fate, amount=str(Decimal(cents) / 100), at=n + 1, deal_id=f"d{which}", anonymous_id=f"x{which % 3}", **FATES[fate])
        for n, (fate, cents, which) in enumerate(told)
    ]  # fmt: skip
    shuffled = data.draw(st.permutations(rows + rows[::3]))
    ends = []
    with in_workspace(workspace):
        for order in (rows, shuffled):
            with transaction.atomic():
                import_exchange_rates(workspace, [{"currency": "EUR", "day": date(2026, 1, 1), "rate": Decimal("1.0837"), "source": "test"}])  # fmt: skip
                record_touchpoints(workspace, [click(n, days_before=n + 1, ad=f"ad-{n}", anonymous_id=f"x{n}") for n in range(3)])  # fmt: skip
                for start in range(0, len(order), 25):
                    import_deals(workspace, order[start : start + 25])
                    assert unbalanced_deals() == []
                bookings = [Booking(pk, "again") for pk in Deal.objects.values_list("pk", flat=True)]
                assert attribute_deals(workspace, bookings, now=LEAD_AT) == 0
                ends.append({place: cents for place, cents in standing().items() if cents})
                transaction.set_rollback(True)
    assert ends[0] == ends[1]


def standing():
    rows = LedgerEntry.objects.values("deal__external_id", "ad_id").order_by().annotate(sum=Sum("amount"))
    return {(row["deal__external_id"], row["ad_id"]): row["sum"] for row in rows}


revisions = st.lists(
    st.tuples(st.sampled_from(["open", "won", "lost"]), st.integers(0, 10**7), st.integers(1, 5)),
    min_size=1,
    max_size=12,
)


# Every example rolls back what it wrote, so the fixtures stay as they were made.
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=revisions, data=st.data())
def test_revisions_in_any_order_and_repeated_end_in_the_same_ledger(ads, starting_model, workspace, events, data):
    rows = [
        deal(state, amount=str(Decimal(cents) / 100), at=n + 1, deal_id=f"d{which}", anonymous_id="x")
        for n, (state, cents, which) in enumerate(events)
    ]
    shuffled = data.draw(st.permutations(rows + rows[: len(rows) // 2]))
    ends = []
    with in_workspace(workspace):
        for order in (rows, shuffled):
            with transaction.atomic():
                record_touchpoints(
                    workspace,
                    [click(1, days_before=1, anonymous_id="x"), click(2, days_before=4, ad="ad-3", anonymous_id="x")],
                )
                for row in order:
                    import_deals(workspace, [row])
                    per_deal = (
                        LedgerEntry.objects.values("deal")
                        .order_by()
                        .annotate(credit=Sum("credit"), amount=Sum("amount"))
                    )
                    values = dict(Deal.objects.values_list("pk", "value"))
                    assert all(one["credit"] == 1 and one["amount"] == values[one["deal"]] for one in per_deal)
                ends.append(
                    {
                        (r["deal__external_id"], r["ad_id"]): r["a"]
                        for r in LedgerEntry.objects.values("deal__external_id", "ad_id")
                        .order_by()
                        .annotate(a=Sum("amount"))
                        if r["a"]
                    }
                )
                transaction.set_rollback(True)
    assert ends[0] == ends[1]


def test_a_machine_earns_nothing_in_any_layer(workspace, ads):
    keys = {"anonymous_id": "a", "fingerprint": "f", "ip": "10.0.0.1", "email": "x@y.z", "click_id": "Fb.1"}
    record_touchpoints(workspace, [click(1, days_before=1, user_agent="Googlebot/2.1", **keys)])
    import_deals(workspace, [deal("won", **keys)])
    refresh_due_deals(workspace, now=LEAD_AT)
    assert set(LedgerEntry.objects.values_list("layer", "ad_id")) == {("unattributed", None)}


def form(number, *, at=LEAD_AT, **more):
    row = {
        "touchpoint_id": f"f{number}",
        "occurred_at": at.isoformat(),
        "kind": "form",
        "form_id": "demo",
        "consent": 2,
        **more,
    }
    return read_row(row, TOUCHPOINT)


@pytest.mark.parametrize("late", [False, True], ids=["form first", "lead first"])
@pytest.mark.parametrize(("consent", "layer"), [(2, "ip"), (1, "unattributed")])
def test_a_lead_is_recognised_at_home_by_the_address_that_its_form_came_from(workspace, ads, late, consent, layer):
    """The CRM tells the browser that sent the form, and the click came from a phone on the same line."""
    record_touchpoints(workspace, [click(1, days_before=1, ip="10.0.0.1", anonymous_id="phone")])
    steps = [
        lambda: record_touchpoints(workspace, [form(1, ip="10.0.0.1", anonymous_id="desk", consent=consent)]),
        lambda: import_deals(workspace, [deal("won", anonymous_id="desk")]),
    ]
    for step in reversed(steps) if late else steps:
        step()
    refresh_due_deals(workspace, now=LEAD_AT)
    assert layer in {entry_layer for entry_layer, _ in balances()}
    assert (Deal.objects.get().form_id == "demo") == (consent == 2)
