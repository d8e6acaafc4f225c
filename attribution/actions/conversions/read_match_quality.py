from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.db.models import Avg

from attribution.domain.conversions import states
from attribution.domain.conversions.conversion import CRM
from attribution.models import ConversionDestination, ConversionEvent, DatasetQuality
from stratum.core.periods import local_day
from stratum.platforms.http import NoAnswer, Refused, TryLater
from stratum.platforms.meta_capi import MetaCapi

log = structlog.get_logger("attribution.conversions")
WINDOW = timedelta(hours=48)


def read_match_quality(destination: ConversionDestination, *, now: datetime) -> int:
    """Reads Meta's own match quality and stores it beside our estimate of the same 48 hours; returns how many kinds of event it is.
    Where Meta does not answer, nothing is stored and the next turn asks again.

    Meta scores events of websites only. Ours is the mean over the events that we sent, on Meta's scale of 0 to 10.
    """
    destination.quality_read_at = now
    destination.save(update_fields=["quality_read_at"])
    try:
        found = MetaCapi(destination.access_token).quality(destination.external_id)
    except (NoAnswer, TryLater, Refused) as problem:
        log.warning("match quality could not be read", destination=destination.pk, reason=str(problem))
        return 0
    sent = ConversionEvent.objects.filter(destination=destination, status=states.SENT, occurred_at__gt=now - WINDOW)
    means = sent.exclude(action_source=CRM).values("name").annotate(mean=Avg("readiness")).values_list("name", "mean")
    ours = {name: mean / 10 for name, mean in means if mean is not None}
    rows = [
        DatasetQuality(
            workspace_id=destination.workspace_id,
            destination=destination,
            event_name=one.event_name[:120],
            day=local_day(now, "UTC"),
            composite_score=one.composite_score,
            estimated_score=ours.get(one.event_name),
            match_key_feedback=[{"identifier": key, "percentage": share} for key, share in one.coverage.items()],
            read_at=now,
        )
        for one in found
    ]
    DatasetQuality.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["workspace", "destination", "event_name", "day"],
        update_fields=["composite_score", "estimated_score", "match_key_feedback", "read_at"],
    )
    return len(rows)
