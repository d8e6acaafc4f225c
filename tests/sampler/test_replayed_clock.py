"""While the demo's clock runs 360 times as fast, people and platforms still take real minutes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sampler.actions.execute_changes import execute_changes
from sampler.actions.inspect_again import inspect_again
from sampler.models import Change
from stratum.core.clock import real_now
from tests.sampler.conftest import NOW, make_change, own_budgets

LATER = NOW + timedelta(days=2, hours=8)
"""Nine real minutes at that pace."""


@pytest.mark.parametrize(("pace", "status"), [(360, "applied"), (1, "blocked")])
def test_an_approved_change_is_not_blocked_because_the_clock_has_run_on(account, a_plan, monkeypatch, pace, status):
    real = real_now()
    monkeypatch.setenv("STRATUM_CLOCK", f"{real.isoformat()}/{LATER.isoformat()}/{pace}")
    change = make_change(own_budgets(account)[0], plan=a_plan)
    execute_changes(account, now=LATER)
    change.refresh_from_db()
    assert change.status == status, change.outcome


def test_a_waiting_change_shows_the_findings_of_now_and_waits_on(account, a_plan):
    change = make_change(own_budgets(account)[0], plan=a_plan, status="waiting")
    inspect_again(now=NOW)
    assert "stale_data" not in {finding["check"] for finding in Change.objects.get().findings}
    inspect_again(now=NOW + timedelta(hours=5))
    change.refresh_from_db()
    assert (change.status, "stale_data" in {finding["check"] for finding in change.findings}) == ("waiting", True)
    assert inspect_again(now=NOW + timedelta(hours=5)) == 0
