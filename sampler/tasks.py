from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog
from celery import shared_task

from sampler.actions.decide import precompute
from sampler.actions.execute_changes import execute_changes
from sampler.actions.resolve_unknowns import resolve_unknowns
from sampler.domain import states
from sampler.models import Change
from stratum.core import clock
from stratum.core.jobs import only_one
from stratum.core.models import AdAccount
from stratum.core.tenancy import in_workspace

log = structlog.get_logger("stratum.sampler")


@shared_task
def send_approved_changes() -> None:
    with only_one("sampler.send_approved_changes") as mine:
        if mine:
            _for_each_account((states.APPROVED,), execute_changes)


@shared_task
def precompute_decisions() -> None:
    """For accounts whose loop turns within the hour, and whoever looks at them before: the decision as it stands now."""
    with only_one("sampler.precompute_decisions") as mine:
        for account in AdAccount.everywhere.select_related("workspace").order_by("id") if mine else ():
            with in_workspace(account.workspace):
                try:
                    precompute(account, now=clock.now())
                except Exception:
                    log.exception("a decision could not be precomputed", account=account.pk)


@shared_task
def resolve_unknown_changes() -> None:
    with only_one("sampler.resolve_unknown_changes") as mine:
        if mine:
            _for_each_account((states.UNKNOWN, states.SENDING), resolve_unknowns)


def _for_each_account(statuses: tuple[str, ...], work: Callable[..., dict[str, int]]) -> None:
    """One account's trouble does not keep the others waiting."""
    found = (
        Change.everywhere.filter(status__in=statuses)
        .order_by("workspace_id", "account_id")
        .values_list("workspace_id", "account_id")
    )
    for workspace_id, account_id in found.distinct():
        with in_workspace(workspace_id):
            try:
                _work(AdAccount.objects.get(pk=account_id), work, clock.now())
            except Exception:
                log.exception("the account's changes could not be worked off", account=account_id)


def _work(account: AdAccount, work: Callable[..., dict[str, int]], now: datetime) -> None:
    ended = work(account, now=now)
    if ended:
        log.info(work.__name__, account=account.pk, **ended)
