"""Files as spreadsheets, Ads Manager and Google Ads write them: read as they are meant, or refused with the reason."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Sum

from attribution.models import Deal
from stratum.core.models import Ad, AdDay, Campaign, Workspace
from stratum.core.tenancy import in_workspace

DAYS = "date,ad_id,spend,impressions,clicks\n"


@pytest.fixture
def load(db, tmp_path, capsys):
    """Imports a text or bytes; what the command said, and the rows of the errors file."""
    Workspace.objects.create(name="Files", slug="files", revenue_source="platform")

    def run(content, command="import_ad_days", **options):
        path = tmp_path / "f.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        errors = tmp_path / "f.csv.errors.csv"
        errors.unlink(missing_ok=True)
        try:
            call_command(command, str(path), no_progress=True, **{"workspace": "Files", **options})
        except CommandError:
            if not errors.exists():
                raise
        run.bad = (
            [(int(row["line"]), row["field"], row["reason"]) for row in csv.DictReader(errors.open())]
            if errors.exists()
            else []
        )
        return capsys.readouterr().out

    with in_workspace(Workspace.objects.get()):
        yield run


def facts(*names):
    return list(AdDay.objects.order_by("ad__external_id", "day").values_list(*names))


@pytest.mark.parametrize(
    ("cells", "stored"),
    [
        ('"1.250,00","12.000","1.310"', (Decimal("1250"), 12_000, 1_310)),  # German
        ('"12,50",12.345,310', (Decimal("12.5"), 12_345, 310)),
        ('"13,992,082.14","12,000",310', (Decimal("13992082.14"), 12_000, 310)),  # English
        ("1'250.50,12'000,3", (Decimal("1250.5"), 12_000, 3)),  # Swiss
        ('"1 250,50","12 000",3', (Decimal("1250.5"), 12_000, 3)),  # French
        ("12.5,1000.0,3.0", (Decimal("12.5"), 1_000, 3)),  # floats
    ],
)
def test_numbers_are_read_as_the_file_writes_them(load, cells, stored):
    load(DAYS + f"2026-10-01,a1,{cells}\n")
    assert facts("spend", "impressions", "clicks") == [stored]


@pytest.mark.parametrize(
    ("cells", "readings"),
    [
        ("250.00,12.000,310", "column “impressions”: “12.000” may mean 12 or 12000"),
        ("1.234,12,3", "column “spend”: “1.234” may mean 1.234 or 1234"),
        ('"1,234",12,3', "column “spend”: “1,234” may mean 1.234 or 1234"),
    ],
)
def test_a_number_that_may_mean_two_things_is_refused_with_both(load, cells, readings):
    with pytest.raises(CommandError, match=readings):
        load(DAYS + f"2026-10-01,a1,{cells}\n")
    assert not AdDay.objects.exists()


def test_who_says_how_numbers_are_written_is_believed(load):
    load(DAYS + "2026-10-01,a1,250.00,12.000,310\n", decimal="point")
    assert facts("impressions") == [(12,)]


def test_the_whole_column_decides_and_not_a_row(load):
    german = '2026-10-01,a1,1.234,12,3\n2026-10-02,a1,5.678,12,3\n2026-10-03,a1,"9,50",12,3\n'
    load(DAYS + german)
    assert facts("spend") == [(Decimal(1_234),), (Decimal(5_678),), (Decimal("9.5"),)]
    with pytest.raises(CommandError, match="two ways"):
        load(DAYS + '2026-10-01,a1,1.50,12,3\n2026-10-02,a1,"1,50",12,3\n')


@pytest.mark.parametrize("bad", ["1.20212E+17", "1,20212E+17", "2.3843e16", "1E+05", "1E17"])
def test_ids_in_scientific_notation_are_refused(load, bad):
    load(DAYS + f'2026-10-01,"{bad}",10,100,1\n2026-10-01,b,1,1,1\n')
    assert [(line, field) for line, field, _ in load.bad] == [(2, "ad_id")]
    assert "last digits" in load.bad[0][2]
    assert facts("ad__external_id") == [("b",)]


@pytest.mark.parametrize(
    "form",
    [
        "23843050000000011.0",
        "'23843050000000011",
        "ag:23843050000000011",
        '="23843050000000011"',
        " 23843050000000011 ",
    ],
)
def test_one_ad_has_one_id_however_it_is_written(load, form):
    quoted = form.replace('"', '""')
    load(DAYS + f'2026-10-01,23843050000000011,10,100,1\n2026-10-02,"{quoted}",10,100,1\n')
    assert Ad.objects.get().external_id == "23843050000000011"
    assert AdDay.objects.count() == 2


def test_a_deal_whose_id_became_a_float_is_one_deal(load):
    header = "deal_id,stage,amount,created_at,is_won\n"
    load(header + "9001.0,x,250,2026-09-01T09:30:00Z,true\n9001,x,250,2026-09-01T09:30:00Z,true\n", "import_deals")
    assert (Deal.objects.get().external_id, Deal.objects.get().value) == ("9001", 25_000)


def test_noise_of_floats_is_rounded_to_the_currency_and_counted(load):
    said = load(
        DAYS + "2026-10-01,a1,0.30000000000000004,100,1\n2026-10-01,a2,1.429999948,100,1\n2026-10-01,a3,0.123456,1,1\n"
    )
    assert facts("spend") == [(Decimal("0.3"),), (Decimal("1.43"),), (Decimal("0.123456"),)]
    assert "2 rows had amounts longer than six decimals" in said
    said = load("currency,day,rate\nJPY,2026-10-01,0.0066000000000000001\n", "import_exchange_rates")
    assert "1 rows had amounts" in said and not load.bad


@pytest.mark.parametrize("code", ["€", "US$", "kr.", "NT$", "XYZ", "840", "XXX", "XAU"])
@pytest.mark.parametrize(
    ("command", "row"),
    [
        ("import_deals", "deal_id,created_at,amount,currency\n9001,2026-09-01T09:30:00Z,250,{}\n"),
        ("import_exchange_rates", "day,rate,currency\n2026-09-01,1.5,{}\n"),
        ("import_ad_days", "date,ad_id,spend,impressions,clicks,currency\n2026-10-01,a,1,1,1,{}\n"),
    ],
)
def test_what_is_no_currency_in_use_is_a_bad_row(load, command, row, code):
    load(row.format(code), command)
    assert [(line, field) for line, field, _ in load.bad] == [(2, "currency")]


def test_a_column_twice_is_refused(load):
    with pytest.raises(CommandError, match="the column “spend” 2 times"):
        load("date,ad_id,spend,spend,impressions,clicks\n2026-10-01,a1,3.20,9.90,1000,31\n")


@pytest.mark.parametrize(
    ("encoding", "separator"),
    [("utf-16", "\t"), ("utf-16-le", "\t"), ("utf-16-be", ";"), ("cp1252", ","), ("utf-8-sig", ";"), ("utf-8", "|")],
)
def test_encodings_and_separators_of_spreadsheets_are_read(load, encoding, separator):
    text = DAYS.strip() + ",campaign_name\n2026-10-01,a1,12.5,100,1,Größe XL\n"
    said = load(text.replace(",", separator).encode(encoding))
    assert (facts("spend"), Campaign.objects.get().name) == ([(Decimal("12.5"),)], "Größe XL")
    assert ("Read as" in said) == (not encoding.startswith("utf-8"))


@pytest.mark.parametrize("week", ["2026-W40", "2026-W40-1", "2026W40", "2026W401"])
def test_an_iso_week_is_no_day(load, week):
    load(DAYS + f"{week},a1,3.20,1000,31\n")
    assert [field for _, field, _ in load.bad] == ["date"]


@pytest.mark.parametrize(
    ("days", "options", "read"),
    [
        (("13-10-2026", "02-10-2026"), {}, [date(2026, 10, 2), date(2026, 10, 13)]),
        (("10/13/2026", "10/02/2026"), {}, [date(2026, 10, 2), date(2026, 10, 13)]),
        (("02.10.2026", "03.10.2026"), {}, [date(2026, 10, 2), date(2026, 10, 3)]),
        (('"Oct 2, 2026"', '"Oct 13, 2026"'), {}, [date(2026, 10, 2), date(2026, 10, 13)]),
        (("2026-10-02 00:00:00", "20261013"), {}, [date(2026, 10, 2), date(2026, 10, 13)]),
        (("02-10-2026", "03-10-2026"), {"dates": "dmy"}, [date(2026, 10, 2), date(2026, 10, 3)]),
        (("02-10-2026", "02-11-2026"), {"dates": "mdy"}, [date(2026, 2, 10), date(2026, 2, 11)]),
    ],
)  # fmt: skip
def test_days_are_read_as_the_column_writes_them(load, days, options, read):
    load(DAYS + "".join(f"{day},a,1,1,1\n" for day in days), **options)
    assert [day for (day,) in facts("day")] == read


def test_a_day_that_may_be_two_is_refused_with_both(load):
    with pytest.raises(CommandError, match="“02-10-2026” may mean 2026-02-10 or 2026-10-02; say which with --dates"):
        load(DAYS + "02-10-2026,a,1,1,1\n")


META = """"Reporting starts","Reporting ends","Campaign name","Ad name","Ad ID","Amount spent (USD)",Impressions,"Link clicks","Clicks (all)",Reach,"CTR (all)",Purchases
2026-10-01,2026-10-01,Spring,Blue,120210000000000001,"1,082.14","12,000",31,40,9000,0.3%,2
2026-10-02,2026-10-02,Spring,Blue,120210000000000001,5.10,90,,1,80,1.1%,
,,,,,"1,087.24","12,090",31,41,9080,0.3%,2
"""
GOOGLE = """Ad performance report
"October 1, 2026 - October 2, 2026"
Day,Campaign,Campaign ID,Ad group ID,Ad ID,Currency code,Cost,Impr.,Clicks,CTR,Conversions,Conv. value
2026-10-01,Brand,111,222,333,USD,"13,992,082.14","1,000",7,0.70%,1.00,20.00
2026-10-02,Brand,111,222,333,USD,1.10,--,--,--,0.00,0.00
Total: Account, --, --, --, --,USD,"13,992,083.24","1,000",7,0.70%,1.00,20.00
"""


def test_an_export_of_ads_manager_is_read_and_its_columns_shown(load):
    said = load(META)
    assert facts("day", "spend", "impressions", "clicks", "reach", "conversions") == [
        (date(2026, 10, 1), Decimal("1082.14"), 12_000, 31, 9_000, 2),
        (date(2026, 10, 2), Decimal("5.10"), 90, 0, 80, None),
    ]
    assert (
        "Amount spent (USD) → spend" in said
        and "Link clicks → clicks" in said
        and "1 lines of totals were left out" in said
    )
    assert said.index("Columns are read as") < said.index("loaded")


def test_an_export_of_google_ads_is_read_below_its_preamble_and_above_its_total(load):
    said = load(GOOGLE.encode("utf-16"))
    assert facts("spend", "impressions", "clicks", "conversion_value") == [
        (Decimal("13992082.14"), 1_000, 7, 20),
        (Decimal("1.1"), 0, 0, 0),
    ]
    assert "The header is line 3" in said and "1 lines of totals were left out" in said
    assert Campaign.objects.get().external_id == "111"


def test_an_export_in_another_currency_or_of_whole_periods_is_refused(load):
    with pytest.raises(CommandError, match="in EUR, the workspace counts in USD"):
        load(META.replace("USD", "EUR"))
    assert "so it was made, in EUR" in load(META.replace("USD", "EUR"), workspace="Europe")
    load(META.replace("2026-10-01,2026-10-01", "2026-10-01,2026-10-31"))
    assert [(line, field) for line, field, _ in load.bad] == [(2, "date")] and "several days" in load.bad[0][2]


def test_the_column_of_the_day_goes_before_the_period_of_the_export(load):
    load(
        META.replace('"Reporting starts"', 'Day,"Reporting starts"')
        .replace("2026-10-0", "02-10-2026,2026-10-0")
        .replace(",,,,,", ",,,,,,")
        .replace("02-10-2026,2026-10-01,02-10-2026,2026-10-01", "13-10-2026,2026-10-01,2026-10-31")
        .replace("02-10-2026,2026-10-02,02-10-2026,2026-10-02", "02-10-2026,2026-10-01,2026-10-31")
    )
    assert facts("day") == [(date(2026, 10, 2),), (date(2026, 10, 13),)]


def test_a_rehearsal_shows_how_a_file_is_read_and_stores_nothing(load):
    said = load(META, dry_run=True)
    assert "Ad ID → ad_id" in said and "nothing was stored" in said
    assert not AdDay.objects.exists()


def test_the_newest_file_names_and_places_an_ad(load):
    header = DAYS.strip() + ",ad_name,adset_id,campaign_id,campaign_name\n"
    load(header + "2026-10-05,a,1,1,1,Old,s1,c1,Spring\n")
    load(header + "2026-10-09,a,1,1,1,New,s2,c2,Autumn\n")
    load(header + "2026-10-01,a,1,1,1,Oldest,s0,c0,Winter\n")
    load(DAYS + "2026-10-10,a,1,1,1\n")
    ad = Ad.objects.select_related("ad_set__campaign").get()
    assert (ad.name, ad.ad_set.external_id, ad.ad_set.campaign.name) == ("New", "s2", "Autumn")
    load(header + "2026-10-11,a,1,1,1,New,s2,c2,Autumn sale\n")
    assert Campaign.objects.get(external_id="c2").name == "Autumn sale"
    assert AdDay.objects.aggregate(Sum("spend"))["spend__sum"] == 5


def test_a_touchpoint_that_names_another_ad_later_is_listed(load):
    header = "touchpoint_id,occurred_at,kind,ad_id\n"
    load(header + "t1,2026-10-01T10:00:00Z,ad_click,a\nt1,2026-10-01T10:00:00Z,ad_click,b\n", "import_touchpoints")
    assert [(line, field) for line, field, _ in load.bad] == [(3, "touchpoint_id")]
    load(header + "t1,2026-10-01T10:00:00Z,ad_click,c\n", "import_touchpoints")
    assert [(line, field) for line, field, _ in load.bad] == [(2, "touchpoint_id")] and "with ad a" in load.bad[0][2]


def test_a_value_that_no_total_uses_is_said_and_can_be_used(load):
    Workspace.objects.update(revenue_source="crm")
    days = DAYS.strip() + ",conversion_value\n2026-10-01,a,1,1,1,20\n"
    assert "1 rows have a conversion_value, which no total uses" in load(days)
    assert "conversion_value" not in load(days, revenue="platform")
    assert Workspace.objects.get().revenue_source == "platform"
