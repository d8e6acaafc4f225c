"""Whose turn it is, across all tenants: for the heartbeat."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db.models import Max, Q, QuerySet

from attribution.models import (
    Calibration,
    CrmConnection,
    CrmSync,
    DealRefresh,
    LedgerEntry,
    MatchingSettings,
    ModelledRun,
)
from stratum.core.clock import real_now
from stratum.core.models import AdAccount, Workspace
from stratum.core.periods import local_day
from stratum.platforms.ads import PLATFORMS

PULL_EVERY = SYNC_EVERY = timedelta(hours=1)
NIGHT_ENDS = timedelta(hours=3)


def workspaces_with_due_deals() -> list[Workspace]:
    """Workspaces, of all tenants, whose queue of deals has something due."""
    due = DealRefresh.everywhere.filter(due_at__lte=real_now()).values("workspace_id")
    return list(Workspace.objects.filter(pk__in=due).order_by("id"))


def workspaces_to_learn_matching(now: datetime) -> list[Workspace]:
    """Workspaces whose revenue is the CRM's, whose matching was not learnt since last night. Before their first deal none has a turn."""
    tried = dict(MatchingSettings.everywhere.values_list("workspace_id", "learnt_at"))
    return [
        one
        for one in _matching()
        if tried.get(one.pk) is None or _night(tried[one.pk], one.timezone) < _night(now, one.timezone)
    ]


def workspaces_to_model() -> list[Workspace]:
    """Workspaces with lines in the ledger that came after the rest was last spread."""
    spread = dict(ModelledRun.everywhere.values_list("workspace_id").annotate(to=Max("ledger_to")).order_by())
    return [
        one
        for one in _matching()
        if LedgerEntry.everywhere.filter(workspace=one, pk__gt=spread.get(one.pk, 0)).exists()
    ]


def _matching() -> QuerySet[Workspace]:
    begun = Calibration.everywhere.values("workspace_id")
    return Workspace.objects.filter(pk__in=begun, revenue_source=Workspace.RevenueSource.CRM).order_by("id")


def accounts_to_pull(now: datetime) -> list[AdAccount]:
    """Live ad accounts, of all tenants, whose performance was last read more than an hour ago."""
    never_or_long_ago = Q(insights_pulled_at=None) | Q(insights_pulled_at__lt=now - PULL_EVERY)
    live = AdAccount.everywhere.filter(platform__in=PLATFORMS).exclude(access_token="")
    return list(live.filter(never_or_long_ago).order_by("id"))


def portals_to_sync(now: datetime) -> list[CrmConnection]:
    """Portals, of all tenants, whose changes were last compared more than an hour ago."""
    lately = CrmSync.everywhere.filter(synced_at__gte=now - SYNC_EVERY).values("connection_id")
    return list(_readable_portals().exclude(pk__in=lately))


def portals_to_learn(now: datetime) -> list[CrmConnection]:
    """Portals, of all tenants, whose stage probabilities were not learnt since last night."""
    return _not_done_tonight("learnt_at", now)


def portals_to_reconcile(now: datetime) -> list[CrmConnection]:
    """Portals, of all tenants, that were not reconciled since last night; a new one is synced first."""
    return _not_done_tonight("reconciled_at", now)


def _readable_portals() -> QuerySet[CrmConnection]:
    portals = CrmConnection.everywhere.filter(is_active=True).exclude(access_token="")
    return portals.select_related("workspace").order_by("id")


def _not_done_tonight(column: str, now: datetime) -> list[CrmConnection]:
    """A night's work is due from 3 o'clock in the workspace's own time on."""
    done = dict(CrmSync.everywhere.exclude(synced_at=None).values_list("connection_id", column))

    return [
        portal
        for portal in _readable_portals().filter(pk__in=done)
        if done[portal.pk] is None
        or _night(done[portal.pk], portal.workspace.timezone) < _night(now, portal.workspace.timezone)
    ]


def _night(at: datetime, timezone: str) -> date:
    return local_day(at - NIGHT_ENDS, timezone)
