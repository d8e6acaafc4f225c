"""What the heartbeat starts. Each task drains a queue that lives in Postgres; running one twice at once does no harm."""

from __future__ import annotations

from celery import shared_task

from attribution.actions.parse_inbox import parse_inbox as parse
from attribution.actions.parse_messages import parse_messages as parse_some_messages
from attribution.actions.pull_ad_performance import pull_ad_performance
from attribution.actions.refresh_deals import refresh_due_deals
from attribution.actions.sweep_quarantine import sweep_quarantine as sweep
from attribution.selectors import accounts_to_pull, workspaces_with_due_deals
from stratum.core.clock import now
from stratum.core.jobs import for_each_alone
from stratum.core.models import AdAccount, Workspace
from stratum.core.tenancy import in_workspace


@shared_task
def parse_inbox() -> None:
    while parse():
        pass


@shared_task
def parse_messages() -> None:
    while parse_some_messages():
        pass


@shared_task
def refresh_deals() -> None:
    for_each_alone("refresh deals", workspaces_with_due_deals(), _refresh)


def _refresh(workspace: Workspace) -> None:
    with in_workspace(workspace):
        refresh_due_deals(workspace, now=now())


@shared_task
def pull_performance() -> None:
    for_each_alone("pull performance", accounts_to_pull(now()), _pull)


def _pull(account: AdAccount) -> None:
    with in_workspace(account.workspace_id):
        pull_ad_performance(account, now=now())


@shared_task
def sweep_quarantine() -> None:
    sweep()
