"""Whose turn it is to be synced, learnt and reconciled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from attribution.models import CrmConnection, CrmSync
from attribution.selectors import portals_to_learn, portals_to_reconcile, portals_to_sync

NIGHT = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)  # 3 o'clock in New York, where the workspace counts its days
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.mark.parametrize(
    ("synced", "due"),
    [(None, True), (NIGHT - 2 * HOUR, True), (NIGHT - HOUR - MINUTE, True), (NIGHT - HOUR + MINUTE, False)],
)
def test_changes_are_compared_every_hour(workspace, portal, synced, due):
    if synced:
        CrmSync.objects.create(workspace=workspace, connection=portal, synced_at=synced)
    assert bool(portals_to_sync(NIGHT)) == due


@pytest.mark.parametrize(
    ("synced", "last", "now", "due"),
    [
        (None, None, NIGHT, False),  # first it is synced
        (NIGHT, None, NIGHT, True),
        (NIGHT, NIGHT, NIGHT + 23 * HOUR, False),
        (NIGHT, NIGHT, NIGHT + 24 * HOUR, True),
        (NIGHT, NIGHT - MINUTE, NIGHT, True),
        (NIGHT, NIGHT - 4 * HOUR, NIGHT - MINUTE, False),
    ],
)
def test_a_nights_work_is_done_once_a_night(workspace, portal, synced, last, now, due):
    CrmSync.objects.create(workspace=workspace, connection=portal, synced_at=synced, learnt_at=last, reconciled_at=last)
    assert (bool(portals_to_learn(now)), bool(portals_to_reconcile(now))) == (due, due)


def test_who_is_switched_off_or_cannot_be_read_has_no_turn(workspace, portal):
    for change in ({"is_active": False}, {"is_active": True, "access_token": ""}):
        CrmConnection.objects.update(**change)
        assert portals_to_sync(NIGHT) == []
