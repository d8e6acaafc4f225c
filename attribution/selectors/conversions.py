"""How the telling of conversions is doing: what became of the events, and how well they can be matched."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from django.db.models import Avg, Count, Max, Q

from attribution.domain.conversions import states
from attribution.domain.readiness.calibration import error_on_unseen
from attribution.models import ConversionDestination, ConversionEvent, DatasetQuality

QUALITY_EVERY = timedelta(hours=6)
DAYS = 28


@dataclass(frozen=True)
class DestinationHealth:
    """One destination. `waiting` has not gone out yet; `unknown` and `held` wait for a person or a consent. `readiness` is our mean
    estimate (0 to 100) of what was sent in 28 days; `meta_score` Meta's own (0 to 10), the lowest of its kinds of event on websites."""

    id: int
    name: str
    platform: str
    is_live: bool
    sent: int
    waiting: int
    rehearsed: int
    held: int
    unknown: int
    dead: int
    expired: int
    readiness: float | None
    meta_score: float | None
    last_sent_at: datetime | None
    trouble: str


def conversion_health(now: datetime) -> list[DestinationHealth]:
    """Every active destination of the workspace, with events of the last 28 days."""
    recent = ConversionEvent.objects.filter(occurred_at__gt=now - timedelta(days=DAYS))
    count = {status: Count("id", filter=Q(status=status)) for status in states.STATUSES}
    told = Q(status__in=(states.SENT, states.PROCESSING, states.REHEARSED))
    sums = {
        row["destination_id"]: row
        for row in recent.values("destination_id").annotate(
            **{f"is_{status}": counted for status, counted in count.items()},
            mean=Avg("readiness", filter=told),
            last=Max("sent_at"),
        )
    }
    scores = {one.destination_id: one.composite_score for one in match_quality_rows()}
    rows = ConversionDestination.objects.filter(is_active=True).order_by("id")
    return [_health(row, sums.get(row.pk, {}), scores.get(row.pk)) for row in rows]


def _health(row: ConversionDestination, sums: dict, score: float | None) -> DestinationHealth:
    def of(*statuses: str) -> int:
        return sum(sums.get(f"is_{status}", 0) for status in statuses)

    return DestinationHealth(
        id=row.pk,
        name=row.name,
        platform=row.get_platform_display(),
        is_live=not row.dry_run,
        sent=of(states.SENT, states.PROCESSING),
        waiting=of(states.QUEUED, states.SENDING),
        rehearsed=of(states.REHEARSED),
        held=of(states.HELD),
        unknown=of(states.UNKNOWN),
        dead=of(states.DEAD),
        expired=of(states.EXPIRED),
        readiness=sums.get("mean"),
        meta_score=score,
        last_sent_at=sums.get("last"),
        trouble=row.stopped_because,
    )


@dataclass(frozen=True)
class MatchQuality:
    """Our estimates against Meta's scores, event by event (both 0 to 10). `mean_error` is the mean absolute difference; None where
    there is nothing to compare. `calibrated_error`: what it would be on unseen days with weights learnt from Meta's scores; None until
    there are 30 of them."""

    compared: list[tuple[str, float, float]]
    mean_error: float | None
    calibrated_error: float | None


def match_quality() -> MatchQuality:
    pairs = [(one.event_name, one.estimated_score, one.composite_score) for one in match_quality_rows() if one.estimated_score is not None]  # fmt: skip
    errors = [abs(ours - metas) for _, ours, metas in pairs]
    return MatchQuality(pairs, sum(errors) / len(errors) if errors else None, _calibrated_error())


def _calibrated_error() -> float | None:
    rows = list(DatasetQuality.objects.order_by("day", "id").values_list("match_key_feedback", "composite_score"))
    found = [{key["identifier"]: key["percentage"] / 100 for key in feedback} for feedback, _ in rows]
    keys = sorted(set().union(*found)) if found else []
    coverage = np.array([[one.get(key, 0.0) for key in keys] for one in found])
    return error_on_unseen(coverage, np.array([score for _, score in rows]))


def match_quality_rows() -> list[DatasetQuality]:
    """The latest row of each kind of event, the lowest score of a destination last."""
    rows = DatasetQuality.objects.order_by("destination_id", "event_name", "-day").distinct("destination_id", "event_name")  # fmt: skip
    return sorted(rows, key=lambda one: (one.destination_id, -one.composite_score, one.event_name))


def active_destinations() -> list[ConversionDestination]:
    """Of all tenants: for the heartbeat."""
    return list(ConversionDestination.everywhere.filter(is_active=True).order_by("id"))


def destinations_to_score(now: datetime) -> list[ConversionDestination]:
    """Live ones of Meta, of all tenants, whose match quality was last read more than six hours ago."""
    long_ago = Q(quality_read_at=None) | Q(quality_read_at__lt=now - QUALITY_EVERY)
    live = ConversionDestination.everywhere.filter(is_active=True, dry_run=False, platform="meta", stopped_because="")
    return list(live.filter(long_ago).order_by("id"))
