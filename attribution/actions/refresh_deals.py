"""Queued deals: read again from the CRM, value anew, match, post what changed. Hints in any order end in the same ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import F

from attribution.actions.attribute_deal import attribute_deal
from attribution.actions.queue_deals import queue_deals
from attribution.actions.read_stages import Stages, stages_of
from attribution.actions.store_contacts import link_contacts
from attribution.actions.store_deal import remove_deal, store_crm_deal
from attribution.actions.store_stage_changes import store_stage_changes
from attribution.actions.value_deal import value_again
from attribution.models import CrmConnection, Deal, DealRefresh
from stratum.core.clock import real_now
from stratum.core.models import Workspace
from stratum.platforms.http import NoAnswer, Refused, TryLater
from stratum.platforms.hubspot import HubSpot
from stratum.platforms.hubspot_objects import CrmDeal

log = structlog.get_logger("attribution.refresh")
AT_ONCE = 100
LEASE = timedelta(minutes=3)


def refresh_due_deals(workspace: Workspace, *, now: datetime, most: int = 1000) -> int:
    """Works off up to `most` queued deals of the current workspace and returns how many it settled.

    A deal that cannot be read stays queued with its reason and waits longer each time. `now` dates what is posted.
    """
    settled = 0
    while settled < most and (claimed := _claim()):
        by_portal: dict[int | None, list[DealRefresh]] = {}
        for refresh in claimed:
            by_portal.setdefault(refresh.connection_id if refresh.reread else None, []).append(refresh)
        settled_now = sum(_refresh(workspace, *portal_and_deals, now) for portal_and_deals in by_portal.items())
        settled += settled_now
        if not settled_now:
            break  # the CRM does not answer: what comes due meanwhile waits for the next beat, and the worker is free
    return settled


def _claim() -> Sequence[DealRefresh]:
    with transaction.atomic():
        due = DealRefresh.objects.filter(due_at__lte=real_now()).order_by("due_at", "id")
        claimed = list(due.select_for_update(skip_locked=True)[:AT_ONCE])
        DealRefresh.objects.filter(pk__in=[one.pk for one in claimed]).update(
            due_at=real_now() + LEASE, attempts=F("attempts") + 1
        )
    return claimed


def _refresh(workspace: Workspace, connection_id: int | None, refreshes: list[DealRefresh], now: datetime) -> int:
    if connection_id is None:
        return sum(_rematch(workspace, refresh, now) for refresh in refreshes)
    portal = CrmConnection.objects.get(pk=connection_id)
    try:
        stages = stages_of(portal)
        deals = HubSpot(portal.access_token).deals([one.deal_external_id for one in refreshes])
    except (NoAnswer, TryLater, Refused) as problem:
        _put_off(refreshes, str(problem))
        return 0
    settled = 0
    for refresh in refreshes:
        try:
            settled += _settle(workspace, portal, refresh, deals[refresh.deal_external_id], stages, now)
        except Exception as problem:
            # One deal that cannot be stored must not hold up the others.
            log.exception("deal could not be settled", deal=refresh.deal_external_id)
            _put_off([refresh], f"it could not be stored: {type(problem).__name__}: {problem}")
    return settled


def _settle(
    workspace: Workspace,
    portal: CrmConnection,
    refresh: DealRefresh,
    crm: CrmDeal | None,
    stages: Stages,
    now: datetime,
) -> int:
    with transaction.atomic():
        if not _still_mine(refresh):
            return 0
        if crm is None or crm.deal_id != refresh.deal_external_id:
            reason = "deleted in the CRM" if crm is None else f"merged into deal {crm.deal_id}"
            deal = remove_deal(refresh.deal_external_id, now=now)
            if deal:
                attribute_deal(workspace, deal, now=now, reason=reason, booked_at=now)
        if crm is not None:
            is_back = Deal.objects.filter(external_id=crm.deal_id).exclude(removed_at=None).exists()
            deal = _store(workspace, portal, crm, stages)
            reason = deal.stage_label or "changed in the CRM"
            attribute_deal(workspace, deal, now=now, reason=reason, booked_at=now if is_back else None)
        _done(refresh)
    return 1


def _store(workspace: Workspace, portal: CrmConnection, crm: CrmDeal, stages: Stages) -> Deal:
    deal = store_crm_deal(workspace, portal, crm, stages)
    store_stage_changes(deal, crm, stages)
    link_contacts(deal, crm.contacts)
    # Whoever was merged into this one, in case nobody told: asked for by their old ids, they turn out to be gone.
    absorbed = Deal.objects.filter(external_id__in=crm.merged_ids, removed_at=None).exclude(pk=deal.pk)
    queue_deals(portal, absorbed.values_list("external_id", flat=True))
    return deal


def _still_mine(refresh: DealRefresh) -> bool:
    """False when another worker claimed the deal after this one did: what it read is newer. Holds the queue's row otherwise."""
    mine = DealRefresh.objects.select_for_update().filter(pk=refresh.pk, attempts=refresh.attempts + 1)
    return mine.first() is not None


def _rematch(workspace: Workspace, refresh: DealRefresh, now: datetime) -> int:
    with transaction.atomic():
        deal = Deal.objects.select_for_update().filter(external_id=refresh.deal_external_id).first()
        if deal:
            # What a stage is worth changed today, whenever the deal itself was last changed.
            is_revalued = value_again(workspace, deal)
            reason = f"{deal.stage_label} is valued anew" if is_revalued else "new evidence"
            attribute_deal(workspace, deal, now=now, reason=reason, booked_at=now if is_revalued else None)
        _done(refresh)
    return 1


def _done(refresh: DealRefresh) -> None:
    """Leaves the queue, unless a newer hint came while this one was in hand."""
    gone, _ = DealRefresh.objects.filter(pk=refresh.pk, version=refresh.version).delete()
    if not gone:
        DealRefresh.objects.filter(pk=refresh.pk).update(due_at=real_now())


def _put_off(refreshes: list[DealRefresh], reason: str) -> None:
    log.warning("deals could not be read", deals=len(refreshes), reason=reason)
    for refresh in refreshes:
        wait = timedelta(seconds=min(2**refresh.attempts, 900))
        DealRefresh.objects.filter(pk=refresh.pk).update(due_at=real_now() + wait, last_error=reason[:300])
