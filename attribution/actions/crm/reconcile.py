"""Every deal of the CRM against every stored one: the only answer to a delivery that never came."""

from __future__ import annotations

import time
from collections.abc import Collection
from datetime import datetime

from django.db.models import QuerySet, Sum
from django.db.models.functions import Abs

from attribution.actions.crm.queue_deals import queue_deals
from attribution.actions.crm.refresh_deals import refresh_due_deals
from attribution.agreement import COMPARED, agrees, stored_deals, unbalanced
from attribution.models import CrmConnection, CrmSync, Deal, DealRefresh, Reconciliation
from stratum.core.models import Workspace
from stratum.platforms.hubspot import HubSpot
from stratum.platforms.hubspot_objects import CrmRow
from stratum.platforms.hubspot_pages import listed

PATIENCE_SECONDS, MOST_ATTEMPTS = 600.0, 4


def reconcile(workspace: Workspace, portal: CrmConnection, *, now: datetime) -> Reconciliation:
    """Compares all deals, reads again those that differ, compares these once more, and keeps what it found.

    Raises NoAnswer, TryLater or Refused when the CRM cannot be listed. Repairs go through the same queue as every hint.
    """
    listing, at_odds = set(), {}
    off_balance = unbalanced(portal)
    for rows in listed(HubSpot(portal.access_token), "deals", COMPARED):
        deals = stored_deals(row.row_id for row in rows)
        listing.update(row.row_id for row in rows)
        for row in rows:
            deal = deals.get(row.row_id)
            if not agrees(row, deal, portal, workspace.currency) or row.row_id in off_balance:
                at_odds[row.row_id] = row
    missing = len(at_odds) - Deal.objects.filter(external_id__in=list(at_odds)).count()
    alive = Deal.objects.filter(connection=portal, removed_at=None).values_list("external_id", flat=True)
    gone = (set(alive) | off_balance) - listing
    suspects = gone | set(at_odds)
    queue_deals(portal, suspects)
    _wait_for_repair(workspace, suspects, now)

    unrepaired = _still_at_odds(workspace, portal, at_odds, gone)
    booked = Deal.objects.filter(connection=portal)
    revenue = _sum(booked)
    CrmSync.objects.update_or_create(workspace=workspace, connection=portal, defaults={"reconciled_at": now})
    return Reconciliation.objects.create(
        workspace=workspace,
        connection=portal,
        at=now,
        compared=len(listing | gone),
        equal=len(listing | gone) - len(suspects),
        missing=missing,
        different=len(at_odds) - missing,
        gone=len(gone),
        repaired=len(suspects) - len(unrepaired),
        revenue=revenue,
        revenue_verified=revenue - _sum(booked.filter(external_id__in=unrepaired)),
    )


def _wait_for_repair(workspace: Workspace, ids: Collection[str], now: datetime) -> None:
    """Works the queue until none of these deals is left in it, but those that could not be read in several attempts."""
    until = time.monotonic() + PATIENCE_SECONDS
    mine = DealRefresh.objects.filter(deal_external_id__in=list(ids), attempts__lt=MOST_ATTEMPTS)
    while mine.exists() and time.monotonic() < until:
        if not refresh_due_deals(workspace, now=now):
            time.sleep(0.2)


def _still_at_odds(
    workspace: Workspace, portal: CrmConnection, at_odds: dict[str, CrmRow], gone: Collection[str]
) -> list[str]:
    deals, off_balance = stored_deals([*at_odds, *gone]), unbalanced(portal)
    waiting = set(
        DealRefresh.objects.filter(deal_external_id__in=list(deals)).values_list("deal_external_id", flat=True)
    )
    open_ids = {one for one, row in at_odds.items() if not agrees(row, deals.get(one), portal, workspace.currency)}
    # One that was listed and is removed by now has gone in the meantime, which is what the CRM says as well.
    open_ids -= {one for one, deal in deals.items() if deal.removed_at}
    open_ids |= {one for one in gone if one in deals and one in waiting}
    return sorted(open_ids | (off_balance & deals.keys()))


def _sum(deals: QuerySet[Deal]) -> int:
    return deals.aggregate(total=Sum(Abs("value")))["total"] or 0
