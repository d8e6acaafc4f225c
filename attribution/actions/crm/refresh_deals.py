"""Queued deals: read again from the CRM, value anew, match, post what changed. Hints in any order end in the same ledger."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import F

from attribution.actions.conversions.hand_over_conversions import hand_over_conversions
from attribution.actions.credit.attribute_deals import Booking, attribute_deals
from attribution.actions.crm.queue_deals import lock_queue, queue_deals
from attribution.actions.crm.read_stages import Stages, stages_of
from attribution.actions.crm.store_crm_deals import store_crm_deals
from attribution.actions.deals.link_deals import link_deals
from attribution.actions.deals.store_deals import remove_deal
from attribution.actions.deals.value_again import value_deals_again
from attribution.actions.people.link_keys import lock_people
from attribution.models import CrmConnection, Deal, DealRefresh
from stratum.core.clock import real_now
from stratum.core.models import Workspace
from stratum.platforms.http import NoAnswer, Refused, TryLater
from stratum.platforms.hubspot import HubSpot
from stratum.platforms.hubspot_objects import CrmDeal

log = structlog.get_logger("attribution.refresh")
AT_ONCE, TOGETHER = 100, 25
LEASE = timedelta(minutes=3)
MOST_ATTEMPTS = 30_000
"""Then they are counted anew: a portal that is closed for a year must not run the column over."""


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
            due_at=real_now() + LEASE, attempts=F("attempts") % MOST_ATTEMPTS + 1
        )
    return claimed


def _refresh(workspace: Workspace, connection_id: int | None, refreshes: list[DealRefresh], now: datetime) -> int:
    if connection_id is None:
        return _settle_some(workspace, refreshes, lambda mine: _value_again(workspace, mine, now), now)
    portal = CrmConnection.objects.get(pk=connection_id)
    try:
        stages = stages_of(portal)
        deals = HubSpot(portal.access_token).deals([one.deal_external_id for one in refreshes])
    except (NoAnswer, TryLater, Refused) as problem:
        _put_off(refreshes, str(problem))
        return 0
    return _settle_some(workspace, refreshes, lambda mine: _store(workspace, portal, mine, deals, stages, now), now)


Work = Callable[[list[DealRefresh]], list[Booking]]


def _settle_some(workspace: Workspace, refreshes: list[DealRefresh], work: Work, now: datetime) -> int:
    """A few deals a transaction; where that fails each by itself, so that one that cannot be stored holds up no other."""
    settled = 0
    for start in range(0, len(refreshes), TOGETHER):
        chunk = refreshes[start : start + TOGETHER]
        try:
            settled += _settle(workspace, chunk, work, now)
        except Exception as problem:
            if len(chunk) > 1:
                settled += sum(_settle_some(workspace, [one], work, now) for one in chunk)
                continue
            log.exception("deal could not be settled", deal=chunk[0].deal_external_id)
            _put_off(chunk, f"it could not be stored: {type(problem).__name__}: {problem}")
    return settled


def _settle(workspace: Workspace, refreshes: list[DealRefresh], work: Work, now: datetime) -> int:
    with transaction.atomic():
        # First, because a touch that links keys takes it before it queues these very deals.
        lock_people(workspace)
        lock_queue()
        held = DealRefresh.objects.select_for_update().filter(pk__in=[one.pk for one in refreshes])
        now_held = {one.pk: one for one in held.order_by("deal_external_id")}
        # Another worker claimed what is missing here after this one did: what it read is newer.
        mine = [
            one
            for one in refreshes
            if one.pk in now_held and now_held[one.pk].attempts == one.attempts % MOST_ATTEMPTS + 1
        ]
        attribute_deals(workspace, work(mine), now=now)
        # A newer hint may have come while this one was in hand.
        done = [one.pk for one in mine if now_held[one.pk].version == one.version]
        DealRefresh.objects.filter(pk__in=done).delete()
        DealRefresh.objects.filter(pk__in={one.pk for one in mine} - set(done)).update(due_at=real_now())
    return len(mine)


def _store(
    workspace: Workspace,
    portal: CrmConnection,
    refreshes: list[DealRefresh],
    told: dict[str, CrmDeal | None],
    stages: Stages,
    now: datetime,
) -> list[Booking]:
    bookings, there = [], {}
    for refresh in refreshes:
        crm = told[refresh.deal_external_id]
        if crm is not None:
            there[crm.deal_id] = crm
        if crm is None or crm.deal_id != refresh.deal_external_id:
            reason = "deleted in the CRM" if crm is None else f"merged into deal {crm.deal_id}"
            removed = remove_deal(refresh.deal_external_id, now=now)
            bookings += [Booking(removed.pk, reason, now)] if removed else []
    was_removed = Deal.objects.filter(external_id__in=list(there)).exclude(removed_at=None)
    back = set(was_removed.values_list("external_id", flat=True))
    deals = store_crm_deals(workspace, portal, there.values(), stages)
    link_deals(workspace, deals, source="crm")
    for deal in deals:
        bookings.append(
            Booking(deal.pk, deal.stage_label or "changed in the CRM", now if deal.external_id in back else None)
        )
    merged = {one: crm.deal_id for crm in there.values() for one in crm.merged_ids}
    asked = {one.deal_external_id: told[one.deal_external_id] for one in refreshes}
    hand_over_conversions(merged | {one: crm.deal_id for one, crm in asked.items() if crm and crm.deal_id != one})
    # Whoever was merged into these, in case nobody told: asked for by their old ids, they turn out to be gone.
    absorbed = Deal.objects.filter(external_id__in=merged, removed_at=None).exclude(external_id__in=list(there))
    queue_deals(portal, absorbed.values_list("external_id", flat=True))
    return bookings


def _value_again(workspace: Workspace, refreshes: list[DealRefresh], now: datetime) -> list[Booking]:
    ids = [one.deal_external_id for one in refreshes]
    bookings = value_deals_again(workspace, ids, now=now)
    # A click that came after its deal joins its browser only now.
    for source, is_imported in (("crm", False), ("import", True)):
        link_deals(workspace, Deal.objects.filter(external_id__in=ids, connection__isnull=is_imported), source=source)
    return bookings


def _put_off(refreshes: list[DealRefresh], reason: str) -> None:
    log.warning("deals could not be read", deals=len(refreshes), reason=reason)
    for refresh in refreshes:
        wait = timedelta(seconds=min(2 ** min(refresh.attempts, 10), 900))
        DealRefresh.objects.filter(pk=refresh.pk).update(due_at=real_now() + wait, last_error=reason[:300])
