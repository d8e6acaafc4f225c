"""By night: what is known about matching is learnt anew, and the rest is modelled with it."""

from __future__ import annotations

from datetime import datetime
from math import log2

from django.db import transaction
from django.db.models import Max

from attribution.actions.learn_matching import learn_matching
from attribution.actions.model_rest import model_rest
from attribution.actions.queue_deals import queue_deals
from attribution.models import Calibration, Deal
from stratum.core.models import Workspace


def renew_matching(workspace: Workspace, *, now: datetime) -> None:
    """A new version holds for deals that come or change from now on.

    Each time that it knows twice as many deals as any before, all deals are matched again: early versions are guesses.
    """
    with transaction.atomic():
        before = Calibration.objects.aggregate(most=Max("deals"))["most"] or 0
        learnt = learn_matching(workspace, until=now)
        if learnt and int(log2(learnt.deals)) > int(log2(max(before, 1))):
            queue_deals(None, Deal.objects.filter(removed_at=None).values_list("external_id", flat=True), reread=False)
    model_rest(workspace, now=now)
