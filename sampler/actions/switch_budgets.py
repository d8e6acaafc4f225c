from __future__ import annotations

from collections import Counter
from datetime import datetime

import structlog
from django.db import transaction

from sampler.domain.batching import batches
from sampler.models import Pause
from stratum.core import audit
from stratum.core.jobs import only_one
from stratum.core.models import AdAccount
from stratum.platforms.ads import AdPlatform, platform_of
from stratum.platforms.delivery import CANNOT_SPEND
from stratum.platforms.http import NoAnswer, Refused, TryLater

log = structlog.get_logger("stratum.sampler")
ROUNDS = 3
WANTED = {Pause.Status.PAUSING: "PAUSED", Pause.Status.RESUMING: "ACTIVE"}
REACHED = {Pause.Status.PAUSING: Pause.Status.PAUSED, Pause.Status.RESUMING: Pause.Status.RESUMED}


def switch_budgets(account: AdAccount, *, now: datetime) -> dict[str, int]:
    """Pauses and resumes what is wanted on the platform until it reads back so, and returns how many stand where.

    Setting a status is absolute, so it is said again where nobody knows whether it was heard. What three rounds do not reach is
    left to the next sweep. A stop of sending does not hold this up: it is what a stop is for.
    """
    with only_one(f"sampler.switch:{account.pk}") as mine:
        if not mine:
            return {}
        platform = platform_of(account)
        for _ in range(ROUNDS):
            wanted = _still_wanted(platform, account, now)
            if not wanted or not _said(platform, wanted):
                break
        _still_wanted(platform, account, now)
        return dict(Counter(Pause.objects.filter(account=account).values_list("status", flat=True)))


def _open(account: AdAccount) -> list[Pause]:
    rows = Pause.objects.filter(account=account, status__in=WANTED).select_related("campaign", "ad_set")
    return list(rows.order_by("id"))


def _still_wanted(platform: AdPlatform, account: AdAccount, now: datetime) -> list[Pause]:
    """Reads back; what stands as wanted is settled. Without an answer everything is still wanted."""
    pauses = _open(account)
    try:
        found = platform.statuses([pause.target.external_id for pause in pauses]) if pauses else {}
    except (NoAnswer, TryLater, Refused) as problem:
        log.warning("statuses could not be read", account=account.pk, reason=str(problem))
        return pauses
    with transaction.atomic():
        return [pause for pause in pauses if not _settled(pause, found.get(pause.target.external_id), now)]


def _settled(pause: Pause, found: str | None, now: datetime) -> bool:
    was_off_before = pause.status == Pause.Status.PAUSING and not pause.attempts and found in CANNOT_SPEND
    if found is None or was_off_before:
        _move(pause, Pause.Status.LEFT, now)
        return True
    if found != WANTED[Pause.Status(pause.status)]:
        return False
    _move(pause, REACHED[Pause.Status(pause.status)], now)
    target = pause.target
    type(target).objects.filter(pk=target.pk).update(status=found)
    return True


def _move(pause: Pause, to: str, now: datetime) -> None:
    pause.status = to
    if to == Pause.Status.PAUSED:
        pause.paused_at = now
    elif to == Pause.Status.RESUMED:
        pause.resumed_at = now
    pause.save(update_fields=["status", "paused_at", "resumed_at"])
    audit.record(f"budget {to}", pause.target, actor=pause.resumed_by or "Stratum", of=pause.target.name)


def _said(platform: AdPlatform, pauses: list[Pause]) -> bool:
    """False: the platform refuses, so nothing more is said for now."""
    campaign_of = {pause.pk: pause.ad_set.campaign_id if pause.ad_set else pause.campaign_id for pause in pauses}
    for batch in batches([(campaign_of[pause.pk], pause) for pause in pauses]):
        for pause in batch:
            pause.attempts += 1
        Pause.objects.bulk_update(batch, ["attempts"])
        try:
            platform.write_statuses([(one.target.external_id, WANTED[Pause.Status(one.status)]) for one in batch])
        except NoAnswer:
            continue
        except (TryLater, Refused) as problem:
            log.warning("statuses could not be set", reason=str(problem))
            return False
    return True
