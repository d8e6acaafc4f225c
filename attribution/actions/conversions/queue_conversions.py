from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, Subquery

from attribution.destinations import face_of
from attribution.domain.conversions import states
from attribution.domain.conversions.conversion import CRM, LEAD, PURCHASE
from attribution.models import ConversionDestination, ConversionEvent, Deal, PipelineStage, StageChange
from attribution.payloads import event_id_of
from stratum.core.clock import real_now

LEARNT_LATE = timedelta(days=30)
"""What Stratum learns of later than this is not even told to have expired."""


def queue_conversions(destination: ConversionDestination, *, now: datetime) -> int:
    """Lays every stage that a deal entered, every raw lead and every won deal into the outbox, and returns how many were new.

    Each has one id that follows from what it is, so it lies there once: a deal that is won twice is still one purchase, because
    platforms cannot take value back. Reaches back as far before the connection as the platform takes events.
    """
    longest = face_of(destination).longest_wait(CRM)
    since, too_old = max(destination.created_at, now - LEARNT_LATE) - longest, now - longest
    found = (*_of_leads(destination, since), *_of_stages(destination, since))
    once: dict[str, ConversionEvent] = {}
    for row in found:  # of two wins of a deal the first is its purchase
        once.setdefault(row.event_id, row)
    rows = list(once.values())
    for row in rows:
        row.workspace_id, row.destination, row.queued_at, row.due_at = destination.workspace_id, destination, now, real_now()  # fmt: skip
        if row.occurred_at < too_old:
            row.status, row.reason = (
                states.EXPIRED,
                "Stratum learnt of it too late: the platform takes nothing that old.",
            )
    before = ConversionEvent.objects.filter(destination=destination).count() if rows else 0
    ConversionEvent.objects.bulk_create(
        rows,
        update_conflicts=True,  # a stage change that the CRM told anew finds its event again
        unique_fields=["workspace", "destination", "event_id"],
        update_fields=["stage_change"],
        batch_size=1000,
    )
    return ConversionEvent.objects.filter(destination=destination).count() - before if rows else 0


def _of_leads(destination: ConversionDestination, since: datetime) -> Iterator[ConversionEvent]:
    name = destination.stage_events.get("lead", LEAD)
    told = ConversionEvent.objects.filter(destination=destination, deal=OuterRef("pk"), stage_change=None)
    deals = Deal.objects.filter(created_at__gte=since, removed_at=None).exclude(Exists(told)) if name else ()
    for deal in deals:
        yield _event(deal, name, deal.created_at, None, event_id_of(deal.workspace_id, deal.external_id, "lead"))


def _of_stages(destination: ConversionDestination, since: datetime) -> Iterator[ConversionEvent]:
    events = ConversionEvent.objects.filter(destination=destination)
    of_deal = events.filter(deal=OuterRef("deal")).order_by("id").values("event_id")
    # A merged deal has the events of its parts, and its history repeats theirs.
    entered = of_deal.filter(stage_change__stage_id=OuterRef("stage_id"), occurred_at=OuterRef("occurred_at"))
    changes = (
        StageChange.objects.filter(occurred_at__gte=since, deal__removed_at=None)
        .annotate(
            entered=Subquery(entered.exclude(name=PURCHASE)[:1]), bought=Subquery(of_deal.filter(name=PURCHASE)[:1])
        )
        # What was told already, but for a stage that turned out to be a win only later.
        .exclude(Exists(events.filter(stage_change=OuterRef("pk"))), Q(is_won=False) | Q(bought__isnull=False))
    )
    labels = dict(PipelineStage.objects.values_list("stage_id", "label"))
    for change in changes.select_related("deal").order_by("occurred_at", "id"):
        name, deal, at = _name(destination, change.stage_id, labels), change.deal, change.occurred_at
        ids = (deal.workspace_id, deal.external_id)
        if name:
            yield _event(deal, name, at, change, change.entered or event_id_of(*ids, change.stage_id, at.isoformat()))
        if change.is_won:
            yield _event(deal, PURCHASE, at, change, change.bought or event_id_of(*ids, "won"))


def _name(destination: ConversionDestination, stage_id: str, labels: dict[str, str]) -> str:
    """Without any stage on its list a destination wants them all, by the CRM's own labels."""
    chosen = {key: name for key, name in destination.stage_events.items() if key != "lead"}
    name = chosen.get(stage_id, "") if chosen else labels.get(stage_id, stage_id)
    return name[:120]


def _event(deal: Deal, name: str, at: datetime, change: StageChange | None, event_id: str) -> ConversionEvent:
    revision = deal.revision if name == PURCHASE else None
    return ConversionEvent(event_id=event_id, name=name, occurred_at=at, deal=deal, stage_change=change, ledger_revision=revision)  # fmt: skip
