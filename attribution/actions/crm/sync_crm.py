"""What changed in the CRM since the last look, heard or not: compared with what is stored, and read again where it differs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from attribution.actions.crm.queue_deals import queue_deals
from attribution.actions.crm.read_stages import read_stages
from attribution.agreement import COMPARED, agrees, stored_deals
from attribution.models import Contact, CrmConnection, CrmSync, Deal, DealContact
from stratum.core.clock import pace
from stratum.platforms.http import NoAnswer, Refused, TryLater
from stratum.platforms.hubspot import ASSOCIATION_BATCH, HubSpot
from stratum.platforms.hubspot_pages import changed, listed

log = structlog.get_logger("attribution.sync")
LOOKBACK = timedelta(minutes=10)
"""The search index lags behind, so a window begins before the last one ended."""
BEGINNING = datetime(2006, 1, 1, tzinfo=UTC)
LINKS_CAN_MATTER = timedelta(days=90)
"""How old a deal may be for its contacts to be compared again: past that, no click of theirs is in any window."""


@dataclass(frozen=True)
class Synced:
    """What a run found. `trouble` says why it ended early; the next run then begins where this one did."""

    compared: int
    queued: int
    trouble: str = ""


def sync_crm(portal: CrmConnection, *, now: datetime) -> Synced:
    """Compares what changed in [last run − lookback, now] and queues deals that differ; a repeat finds nothing.

    The pipelines are read too: a stage that was set up anew values its deals anew. Three things do not move a deal's
    modification date and are looked at by themselves: that it was archived, that its contacts changed, and that it has other
    contacts. The bookmark moves to this run's start, and only once all was seen.
    """
    state, _ = CrmSync.objects.get_or_create(workspace_id=portal.workspace_id, connection=portal)
    since = state.synced_to - LOOKBACK * max(1.0, pace()) if state.synced_to else BEGINNING
    currency = portal.workspace.currency
    hubspot, compared, stale = HubSpot(portal.access_token), 0, set()
    try:
        read_stages(portal)
        for rows in changed(hubspot, "deals", since, now, COMPARED):
            deals = stored_deals(row.row_id for row in rows)
            found = {row.row_id for row in rows if not agrees(row, deals.get(row.row_id), portal, currency)}
            queue_deals(portal, found)
            stale |= found
            compared += len(rows)
        elsewhere = _archived(hubspot) | _relinked(hubspot, portal, now)
        if state.synced_to:
            elsewhere |= _of_changed_contacts(hubspot, since, now)
    except (NoAnswer, TryLater, Refused) as problem:
        log.warning("the CRM could not be compared", portal=portal.portal_id, reason=str(problem))
        CrmSync.objects.filter(pk=state.pk).update(last_error=str(problem)[:300])
        return Synced(compared, len(stale), str(problem))
    queue_deals(portal, elsewhere)
    CrmSync.objects.filter(pk=state.pk).update(synced_to=now, synced_at=now, last_error="")
    return Synced(compared, len(stale | elsewhere))


def _archived(hubspot: HubSpot) -> set[str]:
    """Deals that the CRM has put away and that still count here."""
    found: set[str] = set()
    for rows in listed(hubspot, "deals", archived=True):
        ids = [row.row_id for row in rows]
        found.update(Deal.objects.filter(external_id__in=ids, removed_at=None).values_list("external_id", flat=True))
    return found


def _relinked(hubspot: HubSpot, portal: CrmConnection, now: datetime) -> set[str]:
    """Deals that have other contacts than when they were read."""
    recent = Deal.objects.filter(connection=portal, removed_at=None, created_at__gte=now - LINKS_CAN_MATTER)
    ids = list(recent.order_by("id").values_list("external_id", flat=True))
    found: set[str] = set()
    for start in range(0, len(ids), ASSOCIATION_BATCH):
        chunk = ids[start : start + ASSOCIATION_BATCH]
        told = hubspot.contact_ids_of(chunk)
        known: dict[str, set[str]] = {}
        links = DealContact.objects.filter(deal__external_id__in=chunk)
        for deal_id, contact_id in links.values_list("deal__external_id", "contact_external_id"):
            known.setdefault(deal_id, set()).add(contact_id)
        found.update(one for one in chunk if set(told.get(one, ())) != known.get(one, set()))
    return found


def _of_changed_contacts(hubspot: HubSpot, since: datetime, now: datetime) -> set[str]:
    """Deals of contacts that were changed after they were read."""
    found: set[str] = set()
    for rows in changed(hubspot, "contacts", since, now):
        ids = [row.row_id for row in rows]
        known = dict(Contact.objects.filter(external_id__in=ids).values_list("external_id", "updated_at"))
        newer = [
            row.row_id
            for row in rows
            if row.row_id in known and known[row.row_id] < (row.instant("lastmodifieddate") or now)
        ]
        links = DealContact.objects.filter(contact_external_id__in=newer)
        found.update(links.values_list("deal__external_id", flat=True))
    return found
