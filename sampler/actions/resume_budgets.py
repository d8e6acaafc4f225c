from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from sampler.actions.switch_budgets import switch_budgets
from sampler.models import Pause, SpendStop
from stratum.core import audit
from stratum.core.models import AdAccount
from stratum.core.permissions import ADMIN


class MayNotResume(Exception):
    """The person or key lacks the verb “admin”."""


def resume_budgets(account: AdAccount, *, by: str, verbs: Collection[str], now: datetime) -> int:
    """Switches on again what Stratum paused, and nothing that a person paused. Returns how many; MayNotResume.

    From here on the account's spend is judged anew. Sending stays stopped until that, too, is lifted.
    """
    if ADMIN not in verbs:
        raise MayNotResume(f"{by} may look at paused budgets but not resume them.")
    with transaction.atomic():
        # Held, so that no watch finds more to pause meanwhile.
        open_stop = list(SpendStop.objects.select_for_update().filter(account=account, lifted_at=None))
        paused = Pause.objects.filter(account=account, status__in=(Pause.Status.PAUSED, Pause.Status.PAUSING))
        count = paused.update(status=Pause.Status.RESUMING, resumed_by=by)
        if count:
            SpendStop.objects.filter(pk__in=[stop.pk for stop in open_stop]).update(lifted_at=now)
            audit.record("resuming paused budgets", account, actor=by, budgets=count)
    switch_budgets(account, now=now)
    return count
