from __future__ import annotations

from datetime import date, datetime, timedelta

import structlog

from sampler.actions.keep_stopped import keep_stopped
from sampler.actions.stop_runaway import stop_runaway
from sampler.domain.spend_pace import Runaway, runaway
from sampler.models import Pause, SpendReading, SpendStop
from sampler.selectors.budgets import budget_holders, fixed_budgets
from sampler.selectors.guard import rules_of
from sampler.selectors.spend import day_began, let_go_on_at, pace_limits, readings_today, usual_hours
from stratum.core.jobs import only_one
from stratum.core.models import AdAccount
from stratum.core.money import to_minor
from stratum.core.periods import local_day
from stratum.platforms.ads import overspend_factor, platform_of
from stratum.platforms.http import NoAnswer, Refused, TryLater

log = structlog.get_logger("stratum.sampler")
KEPT = timedelta(days=35)


def watch_spend(account: AdAccount, *, now: datetime) -> SpendStop | None:
    """Reads what the account has spent today, and stops it where that is far more than its budgets explain.

    The platform is asked even while it wants fewer calls: one read, from another quota than writes. While a stop is open one more read tells
    what became active since, which is paused too, however fast it spends. A stop that paused nothing, as a dry run's, does so only where the
    account still runs away. Once a person has let the account go on, what was spent before is not held against it again.
    """
    with only_one(f"sampler.watch:{account.pk}") as mine:
        if not mine or not _read(account, now):
            return None
        _notice_lifting(account, now)
        stop = SpendStop.objects.filter(account=account, lifted_at=None).first()
        if stop is None:
            found = _judged(account, now)
            return stop_runaway(account, found, now=now) if found else None
        if not account.dry_run and (Pause.objects.filter(stop=stop).exists() or _judged(account, now)):
            keep_stopped(stop, account, now=now)
        return None


def _judged(account: AdAccount, now: datetime) -> Runaway | None:
    limits, cap = pace_limits(account)
    return runaway(
        readings_today(account, now),
        day_began=day_began(account, now),
        hour_shares=usual_hours(account, now),
        cap=cap,
        limits=limits,
        since=let_go_on_at(account),
    )


def _read(account: AdAccount, now: datetime) -> bool:
    day = local_day(now, account.timezone)
    try:
        spend = platform_of(account).spend_of(account.external_id, day)
    except (NoAnswer, TryLater, Refused) as problem:
        log.warning("an account's spend could not be read", account=account.pk, reason=str(problem))
        return False
    SpendReading.objects.update_or_create(
        workspace_id=account.workspace_id,
        account=account,
        at=now,
        defaults={
            "day": day,
            "spend": to_minor(spend, account.currency),
            "budgets": _explained(account, day),
        },
    )
    SpendReading.objects.filter(account=account, at__lt=now - KEPT).delete()
    return True


def _explained(account: AdAccount, day: date) -> int:
    """What the account's budgets explain of a day, minor units; where one does not tell, as much as the cap would let them be."""
    fixed = fixed_budgets(account)
    told = sum(holder.budget for holder in budget_holders(account, day=day)) + fixed.total
    most = int((rules_of(account).daily_cap or 0) / overspend_factor(account)) if fixed.untold else 0
    return max(told, most)


def _notice_lifting(account: AdAccount, now: datetime) -> None:
    """A person who lets sending go on has looked at it."""
    account.refresh_from_db(fields=["halted_at"])
    if account.halted_at is None:
        SpendStop.objects.filter(account=account, lifted_at=None).update(lifted_at=now)
