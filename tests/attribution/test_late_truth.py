"""What becomes known late moves exactly the deals that it concerns; all others keep their revision."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from attribution.actions.ads.import_ad_days import import_ad_days
from attribution.actions.credit.keep_calibration import Learnt, keep_calibration
from attribution.actions.credit.learn_and_match import learn_and_match
from attribution.actions.credit.match_again import match_again_for_ads
from attribution.actions.credit.model_rest import model_rest
from attribution.actions.credit.replay import replay
from attribution.actions.crm.refresh_deals import refresh_due_deals
from attribution.actions.deals.import_deals import import_deals
from attribution.actions.people.link_keys import SeenTogether, link_keys
from attribution.actions.people.retract_edge import restore_edge, retract_edge
from attribution.actions.touches.record_touchpoints import record_touchpoints
from attribution.domain.calibration import starting_table
from attribution.domain.hazard import starting_hazard
from attribution.domain.identity import ANONYMOUS, EMAIL
from attribution.identity import hashed
from attribution.models import Deal, DealRefresh, IdentityEdge, LedgerEntry, MatchingSettings, PersonKey, Touchpoint
from attribution.row_fields import AD_DAY, DEAL, TOUCHPOINT
from attribution.selectors import unbalanced_deals, workspaces_to_learn_matching, workspaces_to_model
from attribution.sql import TOO_MANY
from stratum.core.models import AuditEntry
from stratum.core.rows import read_row

LEAD_AT = datetime(2026, 10, 10, 15, tzinfo=UTC)


def click(number, **keys):
    at = LEAD_AT - timedelta(days=2)
    row = {
        "touchpoint_id": f"t{number}",
        "occurred_at": at.isoformat(),
        "kind": "ad_click",
        "ad_id": "a1",
        "consent": 2,
    }
    return read_row(row | keys, TOUCHPOINT)


def deal(number, **keys):
    row = {"deal_id": f"d{number}", "created_at": LEAD_AT.isoformat(), "stage": "Won", "is_won": True, "amount": "100"}
    return read_row(row | keys, DEAL)


@pytest.fixture
def five(workspace):
    """Five people, each with a browser, a click and a deal of their own."""
    day = {"date": "2026-10-01", "ad_id": "a1", "spend": "1", "impressions": 1, "clicks": 1}
    import_ad_days(workspace, [read_row(day, AD_DAY)])
    record_touchpoints(workspace, [click(n, anonymous_id=f"x{n}", email=f"p{n}@x.com") for n in range(5)])
    import_deals(workspace, [deal(n, email=f"p{n}@x.com") for n in range(5)])
    DealRefresh.objects.all().delete()
    return workspace


def moved(workspace, work):
    """Deals that were queued by some work, and deals whose revision rose when the queue was worked off."""
    before = dict(Deal.objects.values_list("external_id", "revision"))
    work()
    queued = set(DealRefresh.objects.values_list("deal_external_id", flat=True))
    refresh_due_deals(workspace, now=LEAD_AT)
    after = dict(Deal.objects.values_list("external_id", "revision"))
    assert unbalanced_deals() == []
    return queued, {name for name in after if after[name] != before[name]}


def key(workspace, kind, text):
    return ({"anonymous": ANONYMOUS, "email": EMAIL}[kind], hashed(workspace.pk, kind, text))


def people_of(*keys):
    return {PersonKey.objects.get(kind=kind, key_hash=key_hash).person for kind, key_hash in keys}


@pytest.mark.parametrize("known_by", ["its own browser", "the browser of its person"])
def test_a_click_after_its_conversion(five, known_by):
    import_deals(five, [deal("own", anonymous_id="z")])
    browser, name = {"its own browser": ("z", "down"), "the browser of its person": ("x3", "d3")}[known_by]
    late = [click("late", anonymous_id=browser), click("of nobody", anonymous_id="y")]
    assert moved(five, lambda: record_touchpoints(five, late)) == ({name}, {name})


@pytest.mark.parametrize("keys", [{"fingerprint": "f"}, {"ip": "10.0.0.1"}])
@pytest.mark.parametrize("more", [{"kind": "web", "ad_id": ""}, {"is_bot": True}], ids=["a visit", "a machine"])
def test_somebody_who_shares_a_key_that_comes_later(five, keys, more):
    """Deals that are known otherwise, that nobody is credited for, or whose lead came before or long after, keep what they have."""
    record_touchpoints(five, [click("probable", anonymous_id="s", **keys)])
    early, late = ((LEAD_AT + timedelta(days=days)).isoformat() for days in (-1.5, 28.5))
    leads = {"f": {}, "known": {"email": "p1@x.com"}, "early": {"created_at": early}, "late": {"created_at": late}}
    import_deals(five, [deal(name, **keys, **told) for name, told in leads.items()] + [deal("nobody", fingerprint="g")])
    DealRefresh.objects.all().delete()
    at = {"occurred_at": (LEAD_AT - timedelta(hours=30)).isoformat()}
    sharers = [click(f"sharer{n}", anonymous_id=f"b{n}", **keys, **at, **more) for n in range(5)]
    assert moved(five, lambda: record_touchpoints(five, sharers)) == ({"df"}, {"df"})
    assert replay(five, now=LEAD_AT, actor="ann").equal
    hot = [click(f"hot{n}", anonymous_id=f"h{n}", **keys, **at, **more) for n in range(TOO_MANY)]
    assert moved(five, lambda: record_touchpoints(five, hot)) == ({"df"}, {"df"})
    assert moved(five, lambda: record_touchpoints(five, [click("one more", **keys, **at, **more)])) == (set(), set())


def test_an_edge_that_comes_later(five):
    record_touchpoints(five, [click("other device", anonymous_id="phone")])
    pair = SeenTogether(key(five, "anonymous", "phone"), key(five, "email", "p2@x.com"), "link", LEAD_AT)
    assert moved(five, lambda: link_keys(five, [pair])) == ({"d2"}, {"d2"})


def test_a_wrong_merge_is_undone(five):
    """Ana used Ben's browser once: they became one person, and each earned for the other's clicks."""
    ana, ben = key(five, "email", "p0@x.com"), key(five, "email", "p1@x.com")
    stood = balances()
    wrong = SeenTogether(key(five, "anonymous", "x1"), ana, "form", LEAD_AT)
    queued, changed = moved(five, lambda: link_keys(five, [wrong]))
    assert (queued, changed) == ({"d0", "d1"}, {"d0", "d1"})
    assert len(people_of(ana, ben)) == 1
    merged = balances()
    edge = IdentityEdge.objects.get(right_hash=ana[1], left_hash=key(five, "anonymous", "x1")[1])
    queued, changed = moved(five, lambda: retract_edge(five, edge, because="a borrowed laptop", actor="ann"))
    assert (queued, changed) == ({"d0", "d1"}, {"d0", "d1"})
    assert len(people_of(ana, ben)) == 2
    assert balances() == stood != merged
    entry = AuditEntry.objects.get(action="identity edge retracted")
    assert (entry.actor, entry.data["because"]) == ("ann", "a borrowed laptop")
    link_keys(five, [wrong])
    assert len(people_of(ana, ben)) == 2, "the same sighting does not bring a retracted edge back"
    assert retract_edge(five, edge, because="again", actor="ann") == set()
    moved(five, lambda: restore_edge(five, edge, actor="ann"))
    assert balances() == merged


def balances():
    rows = LedgerEntry.objects.values_list("deal__external_id", "touchpoint__touchpoint_id", "amount")
    sums = {}
    for name, touch, amount in rows:
        sums[name, touch] = sums.get((name, touch), 0) + amount
    return {place: amount for place, amount in sums.items() if amount}


def test_a_new_calibration_moves_only_deals_without_a_known_person(five, monkeypatch):
    record_touchpoints(five, [click("shared", fingerprint="f", anonymous_id="s")])
    import_deals(five, [deal("f", fingerprint="f"), deal("n")])
    DealRefresh.objects.all().delete()
    before = dict(Deal.objects.values_list("external_id", "revision"))
    table = starting_table()
    table.confidence[:] = table.confidence / 2
    monkeypatch.setattr(
        "attribution.actions.credit.learn_and_match.learn_matching",
        lambda workspace, until: keep_calibration(workspace, Learnt(table, starting_hazard()), learnt_at=until),
    )
    assert learn_and_match(five, now=LEAD_AT + timedelta(days=30)) == 2
    after = dict(Deal.objects.values_list("external_id", "revision"))
    assert {name for name in after if after[name] != before[name]} == {"df"}
    assert unbalanced_deals() == []


def test_matching_is_learnt_once_a_night_and_the_rest_spread_after_every_posting(five):
    night = datetime(2026, 10, 20, 8, tzinfo=UTC)  # 4 o'clock in New York
    assert workspaces_to_learn_matching(night) == [five]
    assert workspaces_to_model() == [five]
    learn_and_match(five, now=night)
    assert MatchingSettings.objects.get().learnt_at == night
    assert workspaces_to_learn_matching(night + timedelta(hours=20)) == []
    assert workspaces_to_learn_matching(night + timedelta(hours=24)) == [five]
    assert workspaces_to_model() == []
    import_deals(five, [deal("new", email="new@x.com")])
    assert workspaces_to_model() == [five]
    model_rest(five, now=night)
    assert workspaces_to_model() == []
    five.revenue_source = five.RevenueSource.PLATFORM
    five.save()
    assert workspaces_to_learn_matching(night + timedelta(days=9)) == workspaces_to_model() == []


def test_a_click_that_missed_its_ad_is_tied_to_it_by_the_next_look(five):
    record_touchpoints(five, [click("late", anonymous_id="x3")])
    Touchpoint.objects.filter(touchpoint_id="tlate").update(ad=None)
    queued, _ = moved(five, lambda: match_again_for_ads(["a1"]))
    assert "d3" in queued and Touchpoint.objects.get(touchpoint_id="tlate").ad is not None
