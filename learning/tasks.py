from __future__ import annotations

from datetime import timedelta

import structlog
from celery import shared_task

from attribution.selectors import loading
from learning.actions.turn_cycle import turn_cycle
from sampler.selectors import JOINED, mostly_resting, scope_of, waiting_changes
from stratum.core import clock
from stratum.core.jobs import only_one
from stratum.core.models import AdAccount, Workspace
from stratum.core.tenancy import in_workspace
from stratum.platforms.ads import PLATFORMS

log = structlog.get_logger("stratum.learning")
TURN_EVERY = timedelta(hours=6)
MOST_WAIT = 2 * TURN_EVERY
"""For so long a turn waits while most budgets still cool down from their last change; then it learns all the same."""
# A plan that somebody may be reading is not replaced under their eyes, however fast the clock runs. Real time.
PLAN_STANDS = timedelta(minutes=10)


@shared_task
def turn_due_cycles() -> None:
    """Turns the loop of each live account that was last turned six hours ago or more. One workspace's trouble stops no other."""
    live = AdAccount.everywhere.filter(platform__in=PLATFORMS).exclude(access_token="").values("workspace_id")
    for workspace in Workspace.objects.filter(pk__in=live).order_by("id"):
        with only_one(f"learning.turn_cycle:{workspace.pk}") as mine:
            if mine and (due := _due_accounts(workspace)):
                _turn(workspace, due)


def _due_accounts(workspace: Workspace) -> list[int]:
    """Joined accounts are due once the last of them is: money moves between them only while all of them turn."""
    with in_workspace(workspace):
        live = list(AdAccount.objects.filter(platform__in=PLATFORMS).exclude(access_token="").order_by("id"))
        late = {account.pk for account in live if not _is_due(account)}
        joined = {account.pk for account in live if scope_of(account) == JOINED}
        waiting = late | joined if late & joined else late
        return [account.pk for account in live if account.pk not in waiting]


def _is_due(account: AdAccount) -> bool:
    if loading().is_history:
        return False
    if account.turned_at is None:
        return True
    age = clock.now() - account.turned_at
    stands = age / clock.pace() < PLAN_STANDS and bool(waiting_changes(account_id=account.pk))
    return age >= TURN_EVERY and not stands and (age >= MOST_WAIT or not mostly_resting(account, now=clock.now()))


def _turn(workspace: Workspace, due: list[int]) -> None:
    now = clock.now()
    try:
        report = turn_cycle(workspace, until=None, now=now, rng_seed=int(now.timestamp()), only=due)
        log.info(
            "the loop turned",
            workspace=workspace.pk,
            learnt=report.learnt,
            plans=[turn.sentence for turn in report.accounts],
            troubles=report.troubles,
        )
    except Exception:
        log.exception("the loop could not turn", workspace=workspace.pk)
