from __future__ import annotations

from datetime import UTC, datetime, timedelta

from attribution.actions.import_deals import import_deals
from attribution.actions.record_touchpoints import record_touchpoints
from attribution.actions.refresh_deals import refresh_due_deals
from attribution.actions.renew_matching import renew_matching
from attribution.models import Calibration, DealRefresh, ModelledRun
from attribution.selectors import workspaces_to_learn
from tests.attribution.test_ledger import LEAD_AT, ads, click, deal  # noqa: F401

NOW = LEAD_AT + timedelta(days=1)


def known_people(workspace, first, count):
    record_touchpoints(
        workspace, [click(n, days_before=1 + n % 20, anonymous_id=f"a{n}") for n in range(first, first + count)]
    )
    import_deals(workspace, [deal("won", deal_id=f"d{n}", anonymous_id=f"a{n}") for n in range(first, first + count)])
    DealRefresh.objects.all().delete()


def test_what_was_learnt_from_twice_as_many_deals_matches_all_again(workspace, ads):  # noqa: F811
    known_people(workspace, 0, 40)
    renew_matching(workspace, now=NOW)
    assert list(Calibration.objects.order_by("version").values_list("deals", flat=True)) == [0, 40]
    assert DealRefresh.objects.count() == 40
    assert refresh_due_deals(workspace, now=NOW) == 40

    known_people(workspace, 40, 10)
    renew_matching(workspace, now=NOW + timedelta(days=1))
    assert (Calibration.objects.latest("version").deals, DealRefresh.objects.count()) == (50, 0)

    known_people(workspace, 50, 20)
    renew_matching(workspace, now=NOW + timedelta(days=2))
    assert (Calibration.objects.latest("version").deals, DealRefresh.objects.count()) == (70, 70)
    assert ModelledRun.objects.count() == 3


def test_too_little_to_learn_from_still_models_the_rest(workspace, ads):  # noqa: F811
    known_people(workspace, 0, 5)
    renew_matching(workspace, now=NOW)
    assert (Calibration.objects.count(), ModelledRun.objects.get().leads) == (1, 5)


def test_a_workspace_learns_once_a_night_from_its_first_deal_on(workspace, ads):  # noqa: F811
    at = datetime(2026, 10, 12, 6, 30, tzinfo=UTC)  # half past two in New York
    assert workspaces_to_learn(at) == []
    known_people(workspace, 0, 1)
    assert workspaces_to_learn(at) == [workspace]
    renew_matching(workspace, now=at)
    turns = [workspaces_to_learn(at + timedelta(hours=hours)) != [] for hours in (0, 1, 24)]
    assert turns == [False, True, True]
