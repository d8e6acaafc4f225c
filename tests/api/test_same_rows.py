"""Rows that share a key: received = stored + rejected + merged, and no cent of what was taken is lost or counted twice."""

from __future__ import annotations

import csv
from collections import defaultdict
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attribution.models import Deal, Touchpoint
from stratum.core.models import AdDay

DAY = {"date": "2026-11-02", "ad_id": "b", "spend": "1.10", "impressions": 10, "clicks": 2, "reach": 7}
DEAL = {"deal_id": "d", "created_at": "2026-11-01T00:00:00Z", "stage": "Won", "is_won": True, "amount": "100"}
CLICK = {"touchpoint_id": "t", "occurred_at": "2026-11-01T00:00:00Z", "kind": "ad_click", "ad_id": "b", "consent": 2}


def send(caller, path, *rows):
    """(stored, rejected, merged) of a call, whose sum is what was received."""
    body = caller.post(path, {path.replace("-", "_"): list(rows)}).json()
    assert body["received"] == body["stored"] + body["rejected"] + body["merged"] == len(rows)
    assert body["rejected"] == len({error["row"] for error in body["errors"]})
    send.errors, send.body = body["errors"], body
    return body["stored"], body["rejected"], body["merged"]


def spend():
    return AdDay.objects.filter(ad__external_id="b").aggregate(total=Sum("spend"))["total"]


@pytest.mark.parametrize(
    "name",
    [
        "publisher_platform",
        "placement",
        "Device",
        "impression_device",
        "ad_network_type",
        "age",
        "hour",
        "keyword_id",
        "Country",
    ],
)
def test_parts_of_a_breakdown_are_summed(caller, name):
    parts = [DAY | {name: "x"}, DAY | {name: "y", "spend": "0.30", "impressions": 5}, DAY | {name: "z"}]
    assert send(caller, "ad-days", *parts) == (1, 0, 2)
    day = AdDay.objects.get(ad__external_id="b")
    assert (day.spend, day.impressions, day.clicks, day.reach) == (Decimal("2.50"), 25, 6, None)
    assert send(caller, "ad-days", *parts, parts[0]) == (0, 0, 4)


@pytest.mark.parametrize(
    "changes", [{"spend": "9"}, {"spend": "9", "note": "x"}, {"adset_id": "s2"}, {"campaign_id": "c2", "device": "y"}]
)
def test_other_figures_of_one_day_are_refused_and_not_the_last_taken(caller, changes):
    place = {"adset_id": "s1", "campaign_id": "c1", "device": "x"} if "device" in changes else {"adset_id": "s1"}
    assert send(caller, "ad-days", DAY | place, DAY | place | changes, DAY | {"ad_id": "other"}) == (1, 2, 0)
    assert spend() is None


def test_parts_are_refused_where_one_of_them_is_bad(caller):
    assert send(caller, "ad-days", DAY | {"device": "x"}, DAY | {"device": "y", "spend": "?"}) == (0, 2, 0)
    assert "another row of the same key is bad" in send.errors[0]["reason"]


def test_states_of_a_deal_are_kept_and_two_amounts_of_one_state_refused(caller):
    open_state = DEAL | {"stage": "Open", "is_won": False, "updated_at": "2026-11-01T01:00:00Z"}
    assert send(caller, "deals", open_state, DEAL | {"updated_at": "2026-11-03T00:00:00Z"}) == (1, 0, 1)
    assert Deal.objects.get().value == 10_000
    lines = [DEAL | {"deal_id": "lines", "amount": amount} for amount in ("40", "60")]
    assert send(caller, "deals", *lines, DEAL | {"deal_id": "9.0"}, DEAL | {"deal_id": "9"}) == (1, 2, 1)
    assert not Deal.objects.filter(external_id="lines").exists()
    assert Deal.objects.get(external_id="9").value == 10_000


def test_a_touchpoint_counts_once_and_for_one_ad(caller):
    assert send(caller, "touchpoints", CLICK, CLICK, CLICK | {"ad_id": "c"}) == (1, 1, 1)
    assert send(caller, "touchpoints", CLICK | {"ad_id": "d"}, CLICK) == (0, 1, 1)
    assert list(Touchpoint.objects.values_list("ad_external_id", flat=True)) == ["b"]


def test_a_call_rounds_noise_reads_ids_and_counts_both(caller):
    rows = [
        DAY | {"spend": 0.1 + 0.2},
        DAY | {"ad_id": 23843050000000011, "spend": 1.429999948},
        DAY | {"ad_id": 1.20212e17},
    ]
    assert send(caller, "ad-days", *rows) == (2, 1, 0)
    assert send.body["rounded"] == 2
    assert send.errors[0]["field"] == "ad_id"
    assert spend() == Decimal("0.30")
    assert send(caller, "ad-days", DAY | {"impressions": "12.000"}) == (0, 1, 0)


cents = st.integers(0, 99_999).map(lambda value: f"{value / 100:.2f}")
day_rows = st.fixed_dictionaries(
    {
        "date": st.sampled_from(["2026-10-01", "2026-10-02", "20261001", "bad"]),
        "ad_id": st.sampled_from(["b", "7", "7.0", "'7", "1.2E+17"]),
        "spend": st.one_of(cents, st.sampled_from(["0.30000000000000004", "-1", "x"])),
        "impressions": st.integers(0, 9).map(str),
        "clicks": st.just("1"),
        "device": st.sampled_from(["phone", "desktop"]),
    }
)


def expected(rows):
    """What an export by device tells of each ad and day, worked out by other means."""
    groups, bad = defaultdict(list), set()
    for row in rows:
        ad = {"7.0": "7", "'7": "7"}.get(row["ad_id"], row["ad_id"])
        key = (row["date"].replace("-", ""), ad)
        if "bad" in key or "E" in ad or row["spend"] in ("-1", "x"):
            bad.add(key)
        else:
            groups[key].append((round(Decimal(row["spend"]), 2), row["impressions"], row["device"]))
    whole = {key: set(parts) for key, parts in groups.items() if key not in bad}
    return {
        key: sum(part[0] for part in parts)
        for key, parts in whole.items()
        if len({part[2] for part in parts}) == len(parts)
    }


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(day_rows, min_size=1, max_size=12))
def test_every_row_is_stored_rejected_or_merged_and_every_cent_counted_once(caller, tmp_path, rows):
    want = expected(rows)
    AdDay.objects.all().delete()
    send(caller, "ad-days", *rows)
    by_call = {
        (f"{day:%Y%m%d}", ad): cost for day, ad, cost in AdDay.objects.values_list("day", "ad__external_id", "spend")
    }
    assert by_call == want
    AdDay.objects.all().delete()
    path = tmp_path / "days.csv"
    with path.open("w") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    try:
        call_command("import_ad_days", str(path), workspace="Mine", no_progress=True)
    except CommandError as refused:
        if "bad rows are listed" not in str(refused):
            raise
    by_file = {
        (f"{day:%Y%m%d}", ad): cost for day, ad, cost in AdDay.objects.values_list("day", "ad__external_id", "spend")
    }
    assert by_file == want
