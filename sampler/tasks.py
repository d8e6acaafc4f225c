from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import structlog
from celery import Task, shared_task
from django.db.models import QuerySet

from sampler.actions.decide import Asked, check_decision, precompute
from sampler.actions.execute_changes import execute_changes
from sampler.actions.resolve_unknowns import resolve_unknowns
from sampler.actions.switch_budgets import switch_budgets
from sampler.actions.watch_spend import watch_spend as watch
from sampler.domain import states
from sampler.models import AccountPace, Change, Pause
from sampler.selectors.decision_memory import to_check
from sampler.selectors.spend import accounts_to_watch
from stratum.core import clock
from stratum.core.jobs import only_one
from stratum.core.models import AdAccount
from stratum.core.tenancy import in_workspace
from stratum.platforms.http import Calling
from stratum.platforms.side_by_side import sharing_calls, side_by_side

log = structlog.get_logger("stratum.sampler")
WAKES_FOR_SECONDS = 10
"""A wake-up that no worker took by then is dropped: the next beat sends another."""


@shared_task
def send_approved_changes() -> None:
    _wake(send_for_accounts, (states.APPROVED,))


@shared_task
def check_decisions() -> None:
    """Of what was answered from memory, the part that is computed once more."""
    while asked := to_check():
        workspace_id, account_id, day, seed, total, version = asked
        with in_workspace(workspace_id):
            account = AdAccount.objects.select_related("workspace").filter(pk=account_id).first()
            if account is not None:
                check_decision(Asked(account, date.fromisoformat(day), seed, total), version)


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
    _wake(resolve_for_accounts, (states.UNKNOWN, states.SENDING))


@shared_task
def watch_spend() -> None:
    for ids in accounts_to_watch(clock.now()):
        watch_account.apply_async(ids, expires=WAKES_FOR_SECONDS)


@shared_task
def switch_paused_budgets() -> None:
    """What an emergency wanted paused, or a person resumed, and could not be read back as such yet."""
    open_ones = Pause.everywhere.filter(status__in=(Pause.Status.PAUSING, Pause.Status.RESUMING))
    for ids in open_ones.order_by("workspace_id", "account_id").values_list("workspace_id", "account_id").distinct():
        switch_for_account.apply_async(ids, expires=WAKES_FOR_SECONDS)


@shared_task
def watch_account(workspace_id: int, account_id: int) -> None:
    with in_workspace(workspace_id):
        watch(AdAccount.objects.get(pk=account_id), now=clock.now())


@shared_task
def switch_for_account(workspace_id: int, account_id: int) -> None:
    with in_workspace(workspace_id):
        _told(account_id, switch_budgets(AdAccount.objects.get(pk=account_id), now=clock.now()), "switch_budgets")


@shared_task
def send_for_accounts(workspace_id: int, account_ids: list[int]) -> None:
    _work(workspace_id, account_ids, execute_changes)


@shared_task
def resolve_for_accounts(workspace_id: int, account_ids: list[int]) -> None:
    _work(workspace_id, account_ids, resolve_unknowns)


def _wake(task: Task, statuses: tuple[str, ...]) -> None:
    """A task for each account, or for those that share a token, so that a slow one keeps no other waiting; one whose platform asked
    for patience is left alone."""
    waiting = AccountPace.everywhere.filter(free_at__gt=clock.real_now()).values("account_id")
    found = Change.everywhere.filter(status__in=statuses).exclude(account_id__in=waiting)
    for workspace_id, account_ids in _together(found.order_by("account_id").values_list("account_id", flat=True)):
        task.apply_async((workspace_id, account_ids), expires=WAKES_FOR_SECONDS)


def _together(account_ids: QuerySet) -> Iterator[tuple[int, list[int]]]:
    """Workspaces and accounts. One whose token cannot be read has a task to itself, which will say so."""
    accounts = []
    for account_id in account_ids.distinct():
        try:
            accounts.append(AdAccount.everywhere.get(pk=account_id))
        except ValueError:
            yield AdAccount.everywhere.values_list("workspace_id", flat=True).get(pk=account_id), [account_id]
    for group in sharing_calls(accounts):
        yield group[0].workspace_id, [account.pk for account in group]


def _work(workspace_id: int, account_ids: list[int], work: Callable[..., dict[str, int]]) -> None:
    now = clock.now()

    def one(account: AdAccount, calls: Calling | None) -> None:
        _told(account.pk, work(account, now=now, calls=calls), work.__name__)

    with in_workspace(workspace_id):
        for group in sharing_calls(AdAccount.objects.filter(pk__in=account_ids).order_by("pk")):
            side_by_side(group, one)


def _told(account_id: int, ended: dict[str, int], what: str) -> None:
    if ended:
        log.info(what, account=account_id, **ended)
