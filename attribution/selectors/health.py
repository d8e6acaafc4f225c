from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Max, Q, Sum

from attribution.models import DeadLetter, Deal, DealRefresh, InboxDelivery


@dataclass(frozen=True)
class Intake:
    """What came in and what became of it. Events: received = accepted + duplicate + dead-lettered (+ still waiting)."""

    deliveries: int
    repeated: int
    waiting: int
    accepted: int
    duplicate: int
    dead: int
    open_dead_letters: int
    deals: int
    deals_waiting: int
    deals_without_value: int
    last_received_at: datetime | None


def intake() -> Intake:
    every = F("accepted") + F("duplicate") + F("dead")
    sums = InboxDelivery.objects.aggregate(
        deliveries=Count("id"),
        received=Sum("times_received"),
        waiting=Count("id", filter=Q(parsed_at=None)),
        repeats=Sum(F("duplicate") + (F("times_received") - 1) * every),
        last=Max("received_at"),
        accepted_once=Sum("accepted"),
        dead_letters=Sum("dead"),
    )
    return Intake(
        deliveries=sums["deliveries"],
        repeated=(sums["received"] or 0) - sums["deliveries"],
        waiting=sums["waiting"],
        accepted=sums["accepted_once"] or 0,
        duplicate=sums["repeats"] or 0,
        dead=sums["dead_letters"] or 0,
        open_dead_letters=DeadLetter.objects.filter(resolved_at=None).count(),
        deals=Deal.objects.filter(removed_at=None).count(),
        deals_waiting=DealRefresh.objects.count(),
        deals_without_value=Deal.objects.filter(removed_at=None).exclude(unvalued_because="").count(),
        last_received_at=sums["last"],
    )
