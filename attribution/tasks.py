"""What the heartbeat starts. Each task drains a queue that lives in Postgres; running one twice at once does no harm."""

from __future__ import annotations

import structlog
from celery import shared_task

from attribution.actions.ads.pull_ad_performance import pull_ad_performance
from attribution.actions.conversions.queue_conversions import queue_conversions as queue
from attribution.actions.conversions.read_conversion_results import read_conversion_results
from attribution.actions.conversions.read_match_quality import read_match_quality as read_quality
from attribution.actions.conversions.send_conversions import send_conversions as send
from attribution.actions.credit.learn_and_match import learn_and_match
from attribution.actions.credit.model_rest import model_rest as model
from attribution.actions.crm.learn_stages import learn_stages
from attribution.actions.crm.parse_inbox import parse_inbox as parse
from attribution.actions.crm.reconcile import reconcile
from attribution.actions.crm.refresh_deals import refresh_due_deals
from attribution.actions.crm.sweep_quarantine import sweep_quarantine as sweep
from attribution.actions.crm.sync_crm import sync_crm as sync
from attribution.actions.touches.parse_messages import parse_messages as parse_some_messages
from attribution.models import ConversionDestination, CrmConnection
from attribution.selectors import (
    accounts_to_pull,
    active_destinations,
    destinations_to_score,
    portals_to_learn,
    portals_to_reconcile,
    portals_to_sync,
    unbalanced_deals,
    workspaces_to_learn_matching,
    workspaces_to_model,
    workspaces_with_due_deals,
)
from stratum.core.clock import now
from stratum.core.jobs import for_each_alone
from stratum.core.models import AdAccount, Workspace
from stratum.core.tenancy import in_workspace

log = structlog.get_logger("attribution.tasks")


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
def learn_matching() -> None:
    for_each_alone("learn matching", workspaces_to_learn_matching(now()), _learn_matching)


def _learn_matching(workspace: Workspace) -> None:
    with in_workspace(workspace):
        learn_and_match(workspace, now=now())
        if unbalanced := unbalanced_deals():
            log.error("deals whose lines do not add up", workspace=workspace.name, deals=unbalanced[:20])


@shared_task
def model_rest() -> None:
    for_each_alone("model the rest", workspaces_to_model(), _model)


def _model(workspace: Workspace) -> None:
    with in_workspace(workspace):
        model(workspace, now=now())


@shared_task
def sync_crm() -> None:
    for_each_alone("sync the CRM", portals_to_sync(now()), _sync)


def _sync(portal: CrmConnection) -> None:
    with in_workspace(portal.workspace_id):
        sync(portal, now=now())


@shared_task
def reconcile_crm() -> None:
    for_each_alone("reconcile", portals_to_reconcile(now()), _reconcile)


def _reconcile(portal: CrmConnection) -> None:
    with in_workspace(portal.workspace_id):
        reconcile(portal.workspace, portal, now=now())


@shared_task
def learn_stage_probabilities() -> None:
    for_each_alone("learn stages", portals_to_learn(now()), _learn)


def _learn(portal: CrmConnection) -> None:
    with in_workspace(portal.workspace_id):
        learn_stages(portal, now=now())


@shared_task
def pull_performance() -> None:
    for_each_alone("pull performance", accounts_to_pull(now()), _pull)


def _pull(account: AdAccount) -> None:
    with in_workspace(account.workspace_id):
        pull_ad_performance(account, now=now())


@shared_task
def queue_conversions() -> None:
    for_each_alone("queue conversions", active_destinations(), _queue)


def _queue(destination: ConversionDestination) -> None:
    with in_workspace(destination.workspace_id):
        queue(destination, now=now())


@shared_task
def send_conversions() -> None:
    for_each_alone("send conversions", active_destinations(), _send)


def _send(destination: ConversionDestination) -> None:
    with in_workspace(destination.workspace_id):
        send(destination, now=now())
        if destination.platform == ConversionDestination.Platform.GOOGLE:
            read_conversion_results(destination)


@shared_task
def read_match_quality() -> None:
    for_each_alone("read match quality", destinations_to_score(now()), _read_quality)


def _read_quality(destination: ConversionDestination) -> None:
    with in_workspace(destination.workspace_id):
        read_quality(destination, now=now())


@shared_task
def sweep_quarantine() -> None:
    sweep()
