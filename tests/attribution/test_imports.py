from __future__ import annotations

import csv
import gzip
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Sum

from attribution.models import Deal, LedgerEntry, Touchpoint
from attribution.selectors import Level, by_level, totals, trend
from stratum.core.models import Ad, AdDay, Workspace
from stratum.core.periods import Period
from stratum.core.tenancy import in_workspace

PANEL = Path(__file__).resolve().parents[3] / "shared" / "data" / "online_ad_daily" / "online_ad_panel.csv"
HEADER = "date,ad_id,spend,impressions,clicks,conversion_value\n"
GOOD = "2026-10-01,a1,10.50,100,5,21\n"


def load(path, *, command="import_ad_days", workspace="Files"):
    call_command(command, str(path), workspace=workspace, no_progress=True)
    return Workspace.objects.get(name=workspace)


def csv_file(folder, text, name="days.csv"):
    path = folder / name
    path.write_text(text)
    return path


@pytest.mark.skipif(not PANEL.is_file(), reason="the panel may not be shipped with the project")
def test_the_online_panel_loads_to_the_cent_and_only_once(db):
    workspace = load(PANEL, workspace="Online panel")
    with PANEL.open() as handle:
        rows = list(csv.DictReader(handle))
    dates = sorted(date.fromisoformat(row["date"]) for row in rows)
    days = Period(dates[0], dates[-1])
    with in_workspace(workspace):
        found = totals(days)
        assert AdDay.objects.count() == len(rows) == 12_373
        assert found.spend == sum(Decimal(row["spend"]) for row in rows)
        assert found.revenue == sum(Decimal(row["conversion_value"]) for row in rows)
        assert round(float(found.roas), 2) == 107.27
        assert len(trend(days)) == days.length == 70
        best = by_level(Level.AD, days)[0]
        assert best.figures.spend == max(spend_by_ad(rows).values())
        before = AdDay.objects.aggregate(Sum("spend"))
        load(PANEL, workspace="Online panel")
        assert AdDay.objects.aggregate(Sum("spend")) == before


def spend_by_ad(rows):
    sums = {}
    for row in rows:
        sums[row["ad_id"]] = sums.get(row["ad_id"], Decimal(0)) + Decimal(row["spend"])
    return sums


@pytest.mark.parametrize(
    ("bad", "field", "reason"),
    [
        ("2026-13-01,a2,1,1,1,1", "date", "must be a day"),
        (",a2,1,1,1,1", "date", "is missing"),
        ("2026-10-01,,1,1,1,1", "ad_id", "is missing"),
        ("2026-10-01,a2,-1,1,1,1", "spend", "at least 0"),
        ("2026-10-01,a2,NaN,1,1,1", "spend", "finite"),
        ("2026-10-01,a2,1e999,1,1,1", "spend", "1,000,000,000,000"),
        ("2026-10-01,a2,ten,1,1,1", "spend", "must be a number"),
        ("2026-10-01,a2,1,1.5,1,1", "impressions", "whole number"),
        ("2026-10-01,a2,1,1,-3,1", "clicks", "between"),
        ("2026-10-01,a2,1,1", "", "more or fewer cells"),
        ("2026-10-01,a2,1,1,1,1,7", "", "more or fewer cells"),
        ("2026-10-01,a\x002,1,1,1,1", "ad_id", "NUL"),
    ],
)
def test_a_bad_row_is_listed_and_the_rest_loads(db, tmp_path, bad, field, reason):
    path = csv_file(tmp_path, HEADER + GOOD + bad + "\n" + GOOD.replace("a1", "a3"))
    with pytest.raises(CommandError, match="bad rows are listed") as refused:
        load(path)
    assert refused.value.returncode == 1
    with in_workspace(Workspace.objects.get()):
        assert set(Ad.objects.values_list("external_id", flat=True)) == {"a1", "a3"}
    listed = list(csv.DictReader((tmp_path / "days.csv.errors.csv").open()))
    assert [(row["line"], row["field"]) for row in listed] == [("3", field)]
    assert reason in listed[0]["reason"]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("date,ad,spend,impressions,clicks\n", "no column “ad_id”; the nearest header is “ad”"),
        ("day,ad_id,spend,impressions,clicks\n", "no column “date”; the nearest header is"),
        ("", "no column “date”; the nearest header is “a1”"),
    ],
)
def test_a_missing_column_is_refused_before_anything_is_written(db, tmp_path, header, said):
    with pytest.raises(CommandError, match=said):
        load(csv_file(tmp_path, header + GOOD))
    assert not Workspace.objects.exists()


def test_a_file_that_is_not_there_makes_no_workspace(db, tmp_path):
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        load(tmp_path / "nowhere.csv")
    assert not Workspace.objects.exists()


def test_another_currency_is_refused(db, tmp_path):
    path = csv_file(tmp_path, HEADER.replace("conversion_value", "currency") + GOOD.replace("21", "EUR"))
    with pytest.raises(CommandError, match="in EUR, the workspace counts in USD"):
        load(path)


def test_a_restated_day_replaces_what_was_there(db, tmp_path):
    load(csv_file(tmp_path, HEADER + GOOD))
    workspace = load(csv_file(tmp_path, HEADER + GOOD.replace("10.50", "9.25")))
    with in_workspace(workspace):
        assert AdDay.objects.get().spend == Decimal("9.25")


def test_zipped_touchpoints_and_deals_load_and_match(db, tmp_path):
    load(csv_file(tmp_path, HEADER + GOOD))
    touches = "touchpoint_id,occurred_at,kind,ad_id,click_id,consent\nt1,2026-10-02T10:00:00Z,ad_click,a1,Fb.1,2\nt1,2026-10-02T10:00:00Z,ad_click,a1,Fb.1,2\n"
    zipped = tmp_path / "touches.csv.gz"
    zipped.write_bytes(gzip.compress(touches.encode()))
    load(zipped, command="import_touchpoints")
    deals = "deal_id,created_at,updated_at,stage,is_won,amount,click_id\nd1,2026-10-03T10:00:00+00:00,2026-10-09T10:00:00Z,Won,true,200.00,Fb.1\n"
    workspace = load(csv_file(tmp_path, deals, "deals.csv"), command="import_deals")
    with in_workspace(workspace):
        assert (Touchpoint.objects.count(), Deal.objects.get().value) == (1, 20_000)
        assert 15_000 < LedgerEntry.objects.get(layer="deterministic").amount < 20_000


def test_a_time_without_offset_is_refused_rather_than_guessed(db, tmp_path):
    path = csv_file(tmp_path, "touchpoint_id,occurred_at,kind\nt1,2026-10-02T10:00:00,web\n")
    with pytest.raises(CommandError):
        load(path, command="import_touchpoints")
    assert "needs an offset" in (tmp_path / "days.csv.errors.csv").read_text()
