from __future__ import annotations

from datetime import datetime, timedelta
from math import log2

from django.db import transaction
from django.db.models import Max, Q, QuerySet, Sum

from attribution.actions.credit.attribute_deals import Booking, attribute_deals
from attribution.actions.credit.learn_matching import learn_matching
from attribution.actions.credit.model_rest import model_rest
from attribution.actions.crm.queue_deals import queue_deals
from attribution.domain.delays import WINDOW
from attribution.models import Calibration, Deal, Layer, LedgerEntry, MatchingSettings
from stratum.core.models import Workspace

AT_ONCE = 2000
MOVED = 0.1
"""By so much the share of leads that clicks brought has to change between two nights before all deals are matched anew."""


def learn_and_match(workspace: Workspace, *, now: datetime) -> int:
    """A night's work: learns matching, matches the deals of the last 45 days anew that no key ties to a person, spreads the rest.

    All deals are queued each time that it knows twice as many as any version before, because early versions are guesses, and
    when clicks were learnt to bring another share of leads: what stands for deals with a known person would stay too sure.
    Returns the number of deals that were matched. Where too little is known to learn from, nothing is matched anew.
    """
    MatchingSettings.objects.update_or_create(workspace=workspace, defaults={"learnt_at": now})
    known = Calibration.objects.aggregate(most=Max("deals"))["most"] or 0
    previous = Calibration.objects.filter(deals__gt=0).order_by("-version").first()
    unsure: list[int] = []
    if learnt := learn_matching(workspace, until=now):
        if int(log2(max(learnt.deals, 1))) > int(log2(max(known, 1))) or _moved(previous, learnt):
            queue_deals(None, Deal.objects.filter(removed_at=None).values_list("external_id", flat=True), reread=False)
        recent = Q(created_at__gte=now - timedelta(days=WINDOW), removed_at=None, erased_at=None)
        unsure = list(Deal.objects.filter(recent).exclude(pk__in=_tied()).order_by("id").values_list("id", flat=True))
        for start in range(0, len(unsure), AT_ONCE):
            with transaction.atomic():
                bookings = [Booking(pk, "matching was learnt anew") for pk in unsure[start : start + AT_ONCE]]
                attribute_deals(workspace, bookings, now=now)
    model_rest(workspace, now=now)
    return len(unsure)


def _moved(previous: Calibration | None, learnt: Calibration) -> bool:
    if previous is None or learnt.brought_share is None:
        return False
    return previous.brought_share is None or abs(learnt.brought_share - previous.brought_share) > MOVED


def _tied() -> QuerySet:
    """Deals that a key ties to a known person's click."""
    credits = (
        LedgerEntry.objects.filter(layer=Layer.DETERMINISTIC).order_by().values("deal").annotate(held=Sum("credit"))
    )
    return credits.filter(held__gt=0).values("deal")
