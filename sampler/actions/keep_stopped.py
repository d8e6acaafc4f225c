from __future__ import annotations

from datetime import datetime

import structlog
from django.db import transaction

from sampler.actions.learn_standing import learn_standing
from sampler.actions.switch_budgets import switch_budgets
from sampler.models import Change, Pause, SpendStop
from sampler.selectors.budgets import budget_holders, fixed_spenders, holder_kind
from stratum.core import audit
from stratum.core.models import AdAccount
from stratum.core.periods import local_day
from stratum.platforms.ads import platform_of
from stratum.platforms.http import NoAnswer, Refused, TryLater

log = structlog.get_logger("stratum.sampler")
OURS = (Pause.Status.PAUSING, Pause.Status.PAUSED, Pause.Status.RESUMING)


def keep_stopped(stop: SpendStop, account: AdAccount, *, now: datetime) -> bool:
    """Asks the platform what is active in a stopped account, and pauses what was created or switched on since; returns whether it answered.

    What somebody switched on at the platform after Stratum had paused it is paused again, for that is what a stop is for: whoever wants it to
    run lets the account go on in Stratum, which ends the stop. It happens once a call, so a budget is fought over as often as spend is
    read and no more, and each time leaves a line in the audit trail. Its Pause stays the one it has, so that it is resumed once.
    """
    try:
        learn_standing(platform_of(account), account, now=now)
    except (NoAnswer, TryLater, Refused) as problem:
        log.warning("what is active could not be read", account=account.pk, reason=str(problem))
        return False
    with transaction.atomic():
        # A person who resumes at this moment has the last word.
        still_open = SpendStop.objects.select_for_update().filter(pk=stop.pk, lifted_at=None).exists()
        pauses = want_pauses(stop, account, now=now) if still_open else []
        for pause in pauses:
            audit.record(
                "budget found active while spending is stopped",
                pause.target,
                actor="Stratum",
                of=pause.target.name,
                paused_before=pause.attempts > 0,
            )
    if pauses:
        switch_budgets(account, now=now)
    return True


def want_pauses(stop: SpendStop, account: AdAccount, *, now: datetime) -> list[Pause]:
    """Wants paused whoever, as stored, actively holds a budget or spends from one that nobody here changes, and returns what is new.

    What is being paused already stays so. What Stratum paused and is active again, and what it is just switching on after an earlier stop, is
    paused under its old Pause.
    """
    active = [holder.target for holder in budget_holders(account, day=local_day(now, account.timezone))]
    active += [(holder_kind(one), one.pk) for one in fixed_spenders(account)]
    running = set(active)
    ours = {_target(pause): pause for pause in Pause.objects.filter(account=account, status__in=OURS).order_by("id")}
    again = [
        pause
        for target, pause in ours.items()
        if pause.status == Pause.Status.RESUMING or (pause.status == Pause.Status.PAUSED and target in running)
    ]
    for pause in again:
        pause.stop, pause.status, pause.paused_at, pause.resumed_by = stop, Pause.Status.PAUSING, None, ""
    Pause.objects.bulk_update(again, ["stop", "status", "paused_at", "resumed_by"])
    new = Pause.objects.bulk_create(
        Pause(
            workspace_id=stop.workspace_id,
            stop=stop,
            account=account,
            campaign_id=pk if kind == Change.Target.CAMPAIGN else None,
            ad_set_id=pk if kind == Change.Target.AD_SET else None,
        )
        for kind, pk in active
        if (kind, pk) not in ours
    )
    return [*again, *new]


def _target(pause: Pause) -> tuple[str, int | None]:
    if pause.ad_set_id is None:
        return Change.Target.CAMPAIGN, pause.campaign_id
    return Change.Target.AD_SET, pause.ad_set_id
