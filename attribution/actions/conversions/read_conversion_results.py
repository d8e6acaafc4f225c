from __future__ import annotations

from django.db.models import QuerySet

from attribution.domain.conversions import states
from attribution.models import ConversionDestination, ConversionEvent
from stratum.platforms.google_data_manager import GoogleDataManager, Ingested
from stratum.platforms.http import NoAnswer, Refused, TryLater

MOST_REQUESTS = 50


def read_conversion_results(destination: ConversionDestination) -> int:
    """Asks Google what became of requests that it took for processing, and returns how many events are settled by it.

    Google tells how many events of a request failed, not which: those of a request that went through in part are unknown, and as it
    drops repeats of a transaction id, a person may send them again without harm.
    """
    rows = ConversionEvent.objects.filter(destination=destination, status=states.PROCESSING)
    numbers = rows.order_by("request_id").values_list("request_id", flat=True).distinct()[:MOST_REQUESTS]
    google = GoogleDataManager(destination.access_token)
    return sum(_settle(rows.filter(request_id=number), google, number) for number in numbers)


def _settle(rows: QuerySet, google: GoogleDataManager, number: str) -> int:
    try:
        found = google.status(number)
    except (NoAnswer, TryLater, Refused):
        return 0  # asked again with the next beat
    told = ", ".join(f"{reason} ({count})" for reason, count in found.reasons.items())
    if found.state == Ingested.SUCCESS:
        return rows.update(status=states.SENT, reason="", body="")
    if found.state == Ingested.FAILED:
        return rows.update(status=states.DEAD, reason=f"Google failed the request: {told}"[:300])
    if found.state == Ingested.PARTIAL:
        return rows.update(status=states.UNKNOWN, reason=f"Google took a part of the request: {told}"[:300])
    return 0
