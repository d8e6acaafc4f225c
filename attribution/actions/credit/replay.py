"""Everything that follows from what was kept, derived once more and compared with what stands: events, people, values, ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from attribution.actions.credit.attribute_deals import Booking, attribute_deals
from attribution.actions.crm.parse_inbox import parse_delivery
from attribution.actions.crm.queue_deals import queue_deals
from attribution.actions.deals.store_deals import WORTH, worth
from attribution.actions.deals.value_deal import value_deal
from attribution.actions.people.link_keys import derive_people, lock_people, named
from attribution.domain.hubspot_events import Event, read_delivery
from attribution.domain.identity import COMPANY, Edge, Key, people
from attribution.models import (
    CrmConnection,
    CrmEvent,
    Deal,
    DealRefresh,
    DealValuation,
    IdentityEdge,
    InboxDelivery,
    PersonKey,
)
from attribution.selectors.unbalanced import unbalanced_deals
from stratum.core import audit
from stratum.core.models import Workspace

AT_ONCE = 2000
MATCHED_BEFORE = """
    SELECT deal.external_id FROM attribution_ledgerentry JOIN attribution_deal deal ON deal.id = deal_id
    WHERE attribution_ledgerentry.workspace_id = %(workspace)s GROUP BY deal.id
    HAVING max(calibration) < (SELECT max(version) FROM attribution_calibration WHERE workspace_id = %(workspace)s)
"""


@dataclass(frozen=True)
class Replayed:
    """What was looked at, and what differs."""

    deliveries: int
    keys: int
    deals: int
    waiting: int
    """Deals that are queued to be looked at anyway: they may differ."""
    older: int
    """Deals that the newest version of what was learnt would credit otherwise than the older one that they were matched by."""
    events_missing: int
    keys_wrong: int
    values_wrong: list[str]
    unbalanced: list[str]
    """Deals whose lines, folded from zero, are not their value, whose credits are not one, or whose revisions have a gap."""
    otherwise: list[str]
    """Deals that would be credited otherwise, matched anew."""
    lines: int

    @property
    def equal(self) -> bool:
        return not (self.events_missing or self.keys_wrong or self.values_wrong or self.unbalanced or self.otherwise)


@transaction.atomic
def replay(workspace: Workspace, *, now: datetime, repair: bool = False, actor: str) -> Replayed:
    """Derives everything anew and compares. With `repair` what differs is put right; otherwise nothing is left behind."""
    lock_people(workspace)
    events_missing = _events(repair=repair)
    wrong = _wrong_keys()
    if wrong:
        derive_people(wrong)
    unbalanced = set(unbalanced_deals())
    waiting = set(DealRefresh.objects.values_list("deal_external_id", flat=True))
    values_wrong = _revalue()
    older = _matched_before(workspace)
    lines, touched = _match(workspace, now)
    changed = touched - waiting - unbalanced - set(values_wrong)
    found = Replayed(
        deliveries=InboxDelivery.objects.exclude(parsed_at=None).count(),
        keys=PersonKey.objects.count(),
        deals=Deal.objects.count(),
        waiting=len(waiting),
        older=len(changed & older),
        events_missing=events_missing,
        keys_wrong=len(wrong),
        values_wrong=values_wrong,
        unbalanced=sorted(unbalanced),
        otherwise=sorted(changed - older),
        lines=lines,
    )
    if repair:
        audit.record("replayed", workspace, actor=actor, lines=lines, keys=len(wrong), values=len(values_wrong))
    else:
        transaction.set_rollback(True)
    return found


def _events(*, repair: bool) -> int:
    """Events of stored deliveries that are not known; read again where that is to be repaired."""
    missing = 0
    for delivery in InboxDelivery.objects.exclude(parsed_at=None).select_related("connection").iterator(chunk_size=200):
        told = {item.key for item in read_delivery(bytes(delivery.body)) if _ours(item, delivery)}
        known = CrmEvent.objects.filter(key__in=told).count()
        missing += len(told) - known
        if repair and known < len(told):
            before = delivery.accepted
            parse_delivery(delivery)
            # What had been accepted from it and is still known was no duplicate.
            moved = min(before, delivery.duplicate)
            InboxDelivery.objects.filter(pk=delivery.pk).update(
                accepted=delivery.accepted + moved, duplicate=delivery.duplicate - moved
            )
    return missing


def _ours(item: object, delivery: InboxDelivery) -> bool:
    return isinstance(item, Event) and item.portal_id == delivery.connection.portal_id


def _wrong_keys() -> set[Key]:
    """Keys that do not stand where their edges put them."""
    rows = IdentityEdge.objects.filter(retracted_at=None).exclude(right_kind=COMPANY)
    told = rows.values_list("left_kind", "left_hash", "right_kind", "right_hash", "first_seen_at")
    found = people(Edge((a, b), (c, d), at.timestamp()) for a, b, c, d, at in told.iterator())
    wanted = {key: (named(person), min(found.shared_by.get(key, 1), 32_000)) for key, person in found.person_of.items()}
    stands = {(kind, key_hash): (person, shared) for kind, key_hash, person, shared in PersonKey.objects.values_list("kind", "key_hash", "person", "shared_by")}  # fmt: skip
    return {key for key in wanted.keys() | stands.keys() if stands.get(key) != wanted.get(key, (named(key), 1))}


def _revalue() -> list[str]:
    """Deals that are not worth what was last told of them, or what follows from their state; what was told is put back.

    Valuations are only ever added, one for each time that a source told another worth, so that a deal's row that somebody changed by
    hand convinces nobody. Those of a CRM are read from it once more.
    """
    wrong: list[Deal] = []
    ids = list(Deal.objects.order_by("id").values_list("id", flat=True))
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        told = DealValuation.objects.filter(deal__in=some).order_by("deal_id", "-id").distinct("deal_id")
        last = {one.deal_id: one for one in told}
        wrong += [deal for deal in Deal.objects.filter(pk__in=some) if _put_back(deal, last.get(deal.pk))]
    Deal.objects.bulk_update(wrong, WORTH, batch_size=AT_ONCE)
    for portal in CrmConnection.objects.filter(pk__in={deal.connection_id for deal in wrong}):
        queue_deals(portal, [deal.external_id for deal in wrong if deal.connection_id == portal.pk])
    return sorted(deal.external_id for deal in wrong)


def _put_back(deal: Deal, told: DealValuation | None) -> bool:
    """Whether the deal was not worth what was told of it."""
    stood = worth(deal)
    for name in WORTH if told else ():
        setattr(deal, name, getattr(told, name))
    value_deal(deal)
    if told:
        deal.value = told.value
    return worth(deal) != stood


def _match(workspace: Workspace, now: datetime) -> tuple[int, set[str]]:
    """Lines posted, and the deals that they belong to."""
    revisions = dict(Deal.objects.order_by("id").values_list("id", "revision"))
    ids, lines = list(revisions), 0
    for start in range(0, len(ids), AT_ONCE):
        bookings = [Booking(pk, "replayed", now) for pk in ids[start : start + AT_ONCE]]
        lines += attribute_deals(workspace, bookings, now=now)
    after = Deal.objects.order_by("id").values_list("id", "revision", "external_id")
    return lines, {name for pk, revision, name in after if revision != revisions[pk]}


def _matched_before(workspace: Workspace) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(MATCHED_BEFORE, {"workspace": workspace.pk})
        return {row[0] for row in cursor.fetchall()}
