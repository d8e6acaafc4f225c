from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from attribution.actions.conversions.deliver_conversions import Parcel, Verdict, deliver
from attribution.actions.conversions.forget_conversions import ERASED
from attribution.actions.conversions.prepare_conversion import NO_LONGER_WON, prepare
from attribution.destinations import Face, face_of
from attribution.domain.conversions import states
from attribution.models import ConversionDestination, ConversionEvent, StageChange
from stratum.core import audit
from stratum.core.clock import real_now
from stratum.core.jobs import only_one
from stratum.core.models import Workspace

MOST_ROUNDS = 20
PREPARED = ["findings", "match_keys", "readiness", "value", "currency", "ledger_revision", "due_at"]


def send_conversions(destination: ConversionDestination, *, now: datetime) -> dict[str, int]:
    """Sends what is due for one destination and returns how many events ended where. One worker a destination at a time.

    Every event is claimed by compare-and-set, and everything that the platform would refuse is told apart before. In dry run nothing
    is sent: Meta's events are only built, Google checks them without effect.
    """
    with only_one(f"attribution.conversions:{destination.pk}") as mine:
        if not mine:
            return {}
        ended: Counter[str] = Counter(_left_behind(destination, now))
        for _ in range(MOST_ROUNDS):
            destination.refresh_from_db()
            claimed = _claim(destination) if _is_ready(destination) else []
            if not claimed:
                break
            ended += _round(destination, claimed, now)
        if set(ended) - {states.QUEUED}:  # waiting is no news
            audit.record("conversions worked off", destination, actor="Stratum", **ended)
        return dict(ended)


def _is_ready(destination: ConversionDestination) -> bool:
    rests = destination.waits_until is not None and destination.waits_until > real_now()
    return destination.is_active and not destination.stopped_because and not rests


def _left_behind(destination: ConversionDestination, now: datetime) -> dict[str, int]:
    """What a crashed worker left in sending is unknown; what waited too long for a person, or for consent, has expired."""
    rows, face = ConversionEvent.objects.filter(destination=destination), face_of(destination)
    crashed = rows.filter(status=states.SENDING).update(status=states.UNKNOWN, reason="A worker stopped while it was being sent.")  # fmt: skip
    rows.filter(status=states.HELD, deal__contact__consent=2).update(status=states.QUEUED, reason="")
    _won_again(rows)
    waiting = rows.filter(status__in=states.OPEN)
    late = waiting.exclude(action_source="physical_store").filter(occurred_at__lt=now - face.longest_wait(""))
    stores = waiting.filter(action_source="physical_store", occurred_at__lt=now - face.longest_wait("physical_store"))
    why = {
        "status": states.EXPIRED,
        "body": "",
        "reason": "Nobody decided in time: the platform takes nothing that old.",
    }
    expired = late.update(**why) + stores.update(**why)
    done = rows.filter(status__in=(states.DEAD, states.REHEARSED), occurred_at__lt=now - face.longest_wait("physical_store"))  # fmt: skip
    done.exclude(body="").update(body="")
    return {status: count for status, count in ((states.UNKNOWN, crashed), (states.EXPIRED, expired)) if count}


def _won_again(rows: QuerySet) -> None:
    """The purchase of a deal that was lost before it was told goes out once the deal is won again, dated by that win."""
    wins = StageChange.objects.filter(deal=OuterRef("deal"), is_won=True).order_by("-occurred_at", "id")
    rows.filter(status=states.DEAD, reason=NO_LONGER_WON, deal__is_won=True).update(
        status=states.QUEUED,
        reason="",
        occurred_at=Coalesce(Subquery(wins.values("occurred_at")[:1]), F("occurred_at")),
    )


def _claim(destination: ConversionDestination) -> list[ConversionEvent]:
    """The oldest first, each moved to sending by this worker and no other."""
    with transaction.atomic():
        due = ConversionEvent.objects.filter(destination=destination, status=states.QUEUED, due_at__lte=real_now())
        locked = due.select_for_update(skip_locked=True).order_by("occurred_at", "id")
        keys = list(locked.values_list("pk", flat=True)[: face_of(destination).most_events])
        ConversionEvent.objects.filter(pk__in=keys).update(status=states.SENDING, attempts=F("attempts") + 1)
    found = ConversionEvent.objects.filter(pk__in=keys).select_related("destination", "deal__contact")
    return list(found.order_by("occurred_at", "id"))


def _round(destination: ConversionDestination, claimed: list[ConversionEvent], now: datetime) -> Counter[str]:
    face, workspace = face_of(destination), Workspace.objects.get(pk=destination.workspace_id)
    prepared = [prepare(event, face, workspace, now=now) for event in claimed]
    ConversionEvent.objects.bulk_update([one.event for one in prepared], PREPARED, batch_size=500)
    ended: Counter[str] = Counter()
    for one in prepared:
        if one.status:
            ended[one.status] += _settle(Verdict([Parcel(one.event.pk, {})], one.status, one.reason), now)
    ready = [Parcel(one.event.pk, one.body) for one in prepared if not one.status]
    for verdict in _verdicts(destination, face, ready):
        ended[verdict.status] += _settle(verdict, now)
        _rest(destination, verdict)
    return ended


def _verdicts(destination: ConversionDestination, face: Face, ready: list[Parcel]) -> Iterable[Verdict]:
    if not ready:
        return []
    if destination.dry_run and not face.rehearses_there:
        return [Verdict(ready, states.REHEARSED, "Rehearsed: nothing was sent, the destination is not live.")]
    return deliver(face, ready)


def _settle(verdict: Verdict, now: datetime) -> int:
    more: dict[str, object] = {"reason": verdict.reason[:300], "request_id": verdict.request_id[:120]}
    if verdict.status in (states.SENT, states.PROCESSING):
        more["sent_at"] = now
    if verdict.status in (states.SENT, states.EXPIRED) or verdict.reason == ERASED:
        more["body"] = ""
    keys = [parcel.event for parcel in verdict.parcels]
    return ConversionEvent.objects.filter(pk__in=keys, status=states.SENDING).update(status=verdict.status, **more)


def _rest(destination: ConversionDestination, verdict: Verdict) -> None:
    if verdict.stop:
        destination.stopped_because = verdict.reason[:300]
    if verdict.wait:
        destination.waits_until = real_now() + timedelta(seconds=verdict.wait)
    if verdict.stop or verdict.wait:
        destination.save(update_fields=["stopped_because", "waits_until"])
