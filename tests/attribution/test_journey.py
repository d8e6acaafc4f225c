from __future__ import annotations

from datetime import timedelta

import pytest

from attribution.actions.credit.set_matching import AnchorRefused, set_matching
from attribution.actions.crm.refresh_deals import refresh_due_deals
from attribution.actions.deals.import_deals import import_deals
from attribution.actions.touches.record_touchpoints import record_touchpoints
from attribution.models import Calibration, DealRefresh, MatchingSettings
from attribution.selectors import journey, revisions
from stratum.core.actions.make_workspace import make_workspace
from stratum.core.models import AuditEntry
from stratum.core.tenancy import in_workspace
from tests.attribution.test_ledger import LEAD_AT, ads, click, deal  # noqa: F401


@pytest.fixture
def told(workspace, ads):  # noqa: F811
    """A deal after clicks on two devices of one person, with rivals that earn nothing for different reasons."""
    mine = {"anonymous_id": "x", "email": "a@example.com"}
    clicks = [
        click(1, days_before=1, **mine),
        click(2, days_before=2, **mine),
        click(3, days_before=3, ad="ad-2", anonymous_id="telephone", email="a@example.com"),
        click(4, days_before=1.5, ad="never-seen", **mine),
        click(5, days_before=-1, ad="ad-3", **mine),
        click(6, days_before=1, ad="ad-3", anonymous_id="somebody else"),
        click(7, days_before=60, ad="ad-3", **mine),
    ]
    record_touchpoints(workspace, clicks)
    import_deals(workspace, [deal("open", **mine)])
    import_deals(workspace, [deal("won", at=2, amount="1200.00", **mine)])
    refresh_due_deals(workspace, now=LEAD_AT)
    return journey("d1")


def test_a_journey_tells_every_touch_of_the_person_how_it_is_known_and_what_became_of_it(told):
    assert [(touch.what, touch.known_by, touch.credit is not None) for touch in told.touches] == [
        ("ad-2", "another device of the same person", True),
        ("ad-1", "the same cookie", False),
        ("never-seen", "the same cookie", False),
        ("ad-1", "the same cookie", True),
        ("ad-3", "the same cookie", False),
    ]
    fates = [touch.fate for touch in told.touches if touch.fate]
    assert fates == [
        "counted with another click of the same ad",
        "its ad is not known yet, so it earns nothing",
        "after the lead, so it earns nothing",
    ]


def test_the_credits_of_a_journey_sum_to_one_and_end_with_nobody(told):
    assert sum(line.credit for line in told.credits) == 1
    assert sum(line.amount for line in told.credits) == 120_000 == told.deal.value
    assert [line.ad for line in told.credits] == ["ad-1", "ad-2", ""]
    assert told.credits[0].because == "the same cookie; clicked 1 day before the lead"


def test_each_revision_says_why_and_what_it_moved_for_every_ad(told):
    newest, *_, first = revisions(told.deal.pk)
    assert (first.before, first.after, first.reason) == (0, 40_000, "open")
    assert first.worth == "probability 40 %, amount 1,000.00 USD"
    assert (newest.before, newest.after, newest.reason) == (40_000, 120_000, "won")
    assert newest.worth == "probability 40 % → 100 %, amount 1,000.00 USD → 1,200.00 USD"
    assert {one.ad_name for one in newest.by_ad} == {"ad-1", "ad-2", ""}
    assert sum(one.amount for one in newest.by_ad) == 80_000


def test_a_new_version_of_what_was_learnt_is_a_revision_of_its_own(told, workspace):
    Calibration.objects.update(organic_rate=0.05)
    assert set_matching(workspace, actor="test", now=LEAD_AT, use_ip=False) == 1
    refresh_due_deals(workspace, now=LEAD_AT)
    newest = revisions(told.deal.pk)[0]
    assert (newest.reason, newest.before, newest.after, newest.worth) == ("new evidence", 120_000, 120_000, "")
    assert sum(one.credit for one in newest.by_ad) == sum(one.amount for one in newest.by_ad) == 0
    nobody = next(one for one in newest.by_ad if one.ad_id is None)
    assert nobody.credit > 0 and nobody.amount > 0


def test_no_other_workspace_finds_the_deal(told):
    with in_workspace(make_workspace(name="Other")):
        assert journey("d1") is None
        assert revisions(told.deal.pk) == []
    assert journey("nobody's") is None


LIFT = {"ad_driven_share_source": "Lift"}


@pytest.mark.parametrize(
    "wanted", [{"ad_driven_share": 1.1, **LIFT}, {"ad_driven_share": -0.1, **LIFT}, {"ad_driven_share": 0.5}]
)
def test_an_anchor_that_nobody_measured_or_that_is_no_share_is_refused(workspace, wanted):
    with pytest.raises(AnchorRefused):
        set_matching(workspace, actor="test", now=LEAD_AT, **wanted)
    assert not MatchingSettings.objects.exists() and not AuditEntry.objects.filter(action="matching set").exists()


def test_an_anchor_moves_no_deal_and_setting_the_same_again_is_no_change(told, workspace):
    DealRefresh.objects.all().delete()
    for _ in range(2):
        queued = set_matching(workspace, actor="test", now=LEAD_AT, ad_driven_share=0.5, ad_driven_share_source="Lift")
        assert queued == 0
    assert (DealRefresh.objects.count(), AuditEntry.objects.filter(action="matching set").count()) == (0, 1)
    assert set_matching(workspace, actor="test", now=LEAD_AT + timedelta(days=181), use_fingerprint=False) == 0
    set_matching(workspace, actor="test", now=LEAD_AT, ad_driven_share=None)
    assert MatchingSettings.objects.get().ad_driven_share_source == ""
