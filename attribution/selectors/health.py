from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Max, Q, Sum

from attribution.models import DeadLetter, Deal, DealRefresh, InboxDelivery

FEW_WAITING, SMALL_SHARE = 20, 0.05
"""What a busy CRM has waiting at any time."""
GIVEN_UP = 5
"""Attempts after which a deal that cannot be read holds nothing up."""


@dataclass(frozen=True)
class Loading:
    """Deliveries and deals of the CRM that are read, and those that wait."""

    done: int
    waiting: int

    @property
    def total(self) -> int:
        return self.done + self.waiting

    @property
    def percent(self) -> int:
        """Whole per cents, rounded down: 100 only once nothing waits."""
        return 100 * self.done // self.total if self.total else 100

    @property
    def is_history(self) -> bool:
        """More waits than on any day, so that revenue is not known and no budget is planned by it."""
        return self.waiting > max(FEW_WAITING, SMALL_SHARE * self.total)


def loading() -> Loading:
    """How much of what the CRM told is read."""
    queued = DealRefresh.objects.filter(attempts__lt=GIVEN_UP)
    unparsed = InboxDelivery.objects.filter(parsed_at=None).count()
    known = Deal.objects.exclude(external_id__in=queued.values("deal_external_id")).count()
    parsed = InboxDelivery.objects.exclude(parsed_at=None).count()
    return Loading(done=parsed + known, waiting=unparsed + queued.count())


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
