"""No budget is planned by a history of which half is not read yet."""

from __future__ import annotations

from attribution.models import DealRefresh
from attribution.selectors import loading
from learning.actions.turn_cycle import turn_cycle
from learning.tasks import turn_due_cycles
from sampler.models import Plan
from stratum.core import clock
from tests.sampler.conftest import NOW


def test_no_plan_is_made_while_history_loads(account, workspace, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)
    DealRefresh.objects.bulk_create(
        DealRefresh(workspace=workspace, deal_external_id=str(n), reread=True, queued_at=NOW, due_at=clock.real_now().replace(year=2099))
        for n in range(30)
    )  # fmt: skip
    turn_due_cycles()
    report = turn_cycle(workspace, until=None, now=NOW, rng_seed=1)
    assert "history is still being read (0 %)" in report.accounts[0].sentence
    assert not Plan.objects.exists()
    DealRefresh.objects.all().delete()
    assert loading().percent == 100
    turn_due_cycles()
    assert Plan.objects.count() == 1
