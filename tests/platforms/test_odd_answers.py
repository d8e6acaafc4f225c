"""What Meta answers on bad days: one bad element never stops a pull, and nothing is lost without a word."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from stratum.platforms import conversion_kinds, meta_insights, meta_nodes, meta_pages
from stratum.platforms.http import Refused, TryLater
from stratum.platforms.meta_ads import MetaAds
from stratum.sandbox import AccountProfile, Sandbox, SandboxConfig

NOW = datetime.fromisoformat("2026-11-20T15:00:00+00:00")
SINCE, UNTIL = date(2026, 11, 17), date(2026, 11, 20)
PROFILE = AccountProfile(campaigns=2, ad_sets=6, ads=12)
ACCOUNT = PROFILE.external_id


@pytest.fixture(scope="module")
def market():
    config = SandboxConfig(
        history_days=4, now=NOW.isoformat(), accounts=(PROFILE,), deliver_history=False, async_seconds=0.1
    )
    with Sandbox(config).start() as sandbox:
        yield sandbox


@pytest.fixture
def meta(market, monkeypatch):
    market.faults.clear()
    monkeypatch.setattr("stratum.platforms.meta_graph.PAGE", 4)
    yield MetaAds(market.config.access_token, market.graph_url)
    market.faults.clear()


def spends(rows):
    return {(row.ad_id, row.day): row.spend for row in rows}


def all_of(meta):
    structure = meta.structure(ACCOUNT)
    ids = [sorted(one.id for one in held) for held in (structure.campaigns, structure.ad_sets, structure.ads)]
    return ids, spends(meta.insights(ACCOUNT, SINCE, UNTIL)), structure


HARMLESS = [
    ("same_cursor", "/campaigns", {"times": None}, meta_pages.STANDS_STILL),
    ("no_cursors", "/ads", {}, ""),
    ("dead_cursor", "/ads", {}, ""),
    ("dead_cursor", "/insights", {"times": 2}, ""),
    ("row_twice", "/ads", {"times": 2}, ""),
    ("row_twice", "/insights", {"times": 2}, ""),
    ("null_name", "/campaigns", {}, meta_nodes.NO_NAME),
    ("null_name", "/insights", {}, ""),
    ("action_without_value", "/insights", {"times": 3}, conversion_kinds.NO_VALUE),
    ("too_much_data", "/ads", {"times": None, "rows": 2}, ""),
    ("too_much_data", "/insights", {"times": None, "days": 1}, ""),
    ("too_much_data", "/insights", {"times": None, "rows": 1}, ""),
]


@pytest.mark.parametrize(("fault", "path", "more", "finding"), HARMLESS)
def test_an_odd_answer_loses_nothing(meta, market, fault, path, more, finding):
    usual = all_of(meta)[:2]
    market.faults.add(fault, path=path, **more)
    odd = MetaAds(market.config.access_token, market.graph_url)
    kind = odd.conversion_kind(ACCOUNT, SINCE, UNTIL)
    ids, spent, structure = all_of(odd)
    odd.account_days(ACCOUNT, SINCE, UNTIL, kind=kind)
    assert (ids, spent) == usual
    assert not finding or odd.findings.holds(finding)
    assert structure.is_whole == (finding != meta_pages.STANDS_STILL)


def test_rows_without_an_id_are_left_out_counted_and_named(meta, market):
    usual, spent, _ = all_of(meta)
    market.faults.add("row_without_id", path="/campaigns")
    market.faults.add("row_without_id", path="/insights")
    ids, left, structure = all_of(meta)
    assert (len(ids[0]), len(left), structure.is_whole) == (len(usual[0]) - 1, len(spent) - 1, False)
    found = {one["what"]: one["count"] for one in meta.findings.as_json()}
    assert found == {meta_nodes.NO_ID: 1, meta_insights.NO_AD: 1}


def test_a_code_that_is_a_word_is_a_refusal_and_a_cursor_that_dies_always_ends(meta, market):
    market.faults.add("word_code", path="/campaigns")
    with pytest.raises(Refused, match="odd"):
        meta.structure(ACCOUNT)
    market.faults.add("dead_cursor", times=None, path="/ads")
    with pytest.raises(Refused, match="forgot its place"):
        meta.structure(ACCOUNT)


def test_613_without_a_subcode_is_a_rate_limit_for_reads_and_writes(meta, market):
    market.faults.add("rate_limit", times=1, code=613, seconds=3600)
    with pytest.raises(TryLater):
        meta.facts(ACCOUNT)


@pytest.mark.parametrize(
    ("kinds", "chosen"),
    [
        (["lead", "omni_purchase", "purchase"], "omni_purchase"),
        (["lead", "onsite_web_purchase"], "onsite_web_purchase"),
        (["link_click", "offsite_conversion.custom.2", "offsite_conversion.custom.1"], "offsite_conversion.custom.1"),
        (["link_click", "post_engagement"], ""),
    ],
)
def test_one_kind_of_result_is_chosen(kinds, chosen):
    rows = [{"actions": [{"action_type": kind, "value": "2"} for kind in kinds]}]
    assert conversion_kinds.chosen_kind(rows) == chosen
    found = conversion_kinds.value_of([{"action_type": "lead", "value": "2"}], "purchase", meta_findings())
    assert found == Decimal(0), "another kind is none of this one"


def meta_findings():
    return conversion_kinds.Findings()
