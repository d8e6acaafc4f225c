"""Whose turn it is, across all tenants: for the heartbeat."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from attribution.models import DealRefresh
from stratum.core.clock import real_now
from stratum.core.models import AdAccount, Workspace

PULL_EVERY = timedelta(hours=1)


def workspaces_with_due_deals() -> list[Workspace]:
    """Workspaces, of all tenants, whose queue of deals has something due."""
    due = DealRefresh.everywhere.filter(due_at__lte=real_now()).values("workspace_id")
    return list(Workspace.objects.filter(pk__in=due).order_by("id"))


def accounts_to_pull(now: datetime) -> list[AdAccount]:
    """Live ad accounts, of all tenants, whose performance was last read more than an hour ago."""
    never_or_long_ago = Q(insights_pulled_at=None) | Q(insights_pulled_at__lt=now - PULL_EVERY)
    live = AdAccount.everywhere.filter(platform=AdAccount.Platform.META).exclude(access_token="")
    return list(live.filter(never_or_long_ago).order_by("id"))
