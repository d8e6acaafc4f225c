"""What is known of an account's pace, as `domain.spend_pace` wants to see it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Q

from sampler.domain.spend_pace import PaceLimits, Reading, hour_shares
from sampler.models import AccountLimits, Pause, SpendReading, SpendStop
from stratum.core.models import AdAccount
from stratum.core.periods import local_day
from stratum.platforms.ads import PLATFORMS, overspend_factor, reporting_lag

LEARNT_FROM_DAYS = 14
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Paused:
    """How many budgets of an account Stratum paused, and how many of them it could not read back as paused yet."""

    account_id: int
    account_name: str
    paused: int
    pausing: int


def pace_limits(account: AdAccount) -> tuple[PaceLimits, int | None]:
    """The limits, and the account's daily cap."""
    row = AccountLimits.objects.filter(account=account).first()
    usual = PaceLimits(day_factor=overspend_factor(account), reporting_lag=reporting_lag(account))
    if row is None:
        return usual, None
    own = replace(usual, hour_factor=row.spend_hour_factor, hour_cap_share=row.spend_hour_cap_share)
    return (own if row.spend_day_factor is None else replace(own, day_factor=row.spend_day_factor)), row.daily_cap


def readings_today(account: AdAccount, now: datetime) -> list[Reading]:
    rows = SpendReading.objects.filter(account=account, day=local_day(now, account.timezone), at__lte=now)
    return [_reading(row) for row in rows.order_by("at")]


def let_go_on_at(account: AdAccount) -> Reading | None:
    """The last reading before a person last let the account go on after a stop."""
    at = SpendStop.objects.filter(account=account).aggregate(at=Max("lifted_at"))["at"]
    row = SpendReading.objects.filter(account=account, at__lte=at).order_by("-at").first() if at else None
    return _reading(row) if row else None


def usual_hours(account: AdAccount, now: datetime) -> list[float]:
    """The account's own curve of a day, of the last two weeks."""
    today = local_day(now, account.timezone)
    rows = SpendReading.objects.filter(account=account, day__lt=today, day__gte=today - timedelta(LEARNT_FROM_DAYS))
    days: defaultdict[datetime, list[tuple[float, int]]] = defaultdict(list)
    for row in rows.order_by("at"):
        began = datetime.combine(row.day, time.min, ZoneInfo(account.timezone))
        days[began].append(((row.at - began) / HOUR, row.spend))
    return hour_shares(list(days.values()))


def day_began(account: AdAccount, now: datetime) -> datetime:
    return datetime.combine(local_day(now, account.timezone), time.min, ZoneInfo(account.timezone))


def accounts_to_watch(now: datetime) -> list[tuple[int, int]]:
    """(workspace, account) of all tenants' ad accounts whose spend was read longer ago than they want."""
    minutes = dict(AccountLimits.everywhere.values_list("account_id", "watch_minutes"))
    read_at = dict(SpendReading.everywhere.values("account_id").annotate(at=Max("at")).values_list("account_id", "at"))
    rows = AdAccount.everywhere.filter(platform__in=PLATFORMS).exclude(access_token="")
    return [
        (workspace, pk)
        for workspace, pk in rows.order_by("workspace_id", "id").values_list("workspace_id", "id")
        if pk not in read_at or now - read_at[pk] >= timedelta(minutes=minutes.get(pk, DEFAULT_MINUTES))
    ]


def paused_by_stratum() -> list[Paused]:
    """Accounts with budgets that a person may switch on again."""
    by_account = (
        Pause.objects.filter(status__in=(Pause.Status.PAUSED, Pause.Status.PAUSING))
        .values("account_id", "account__name")
        .annotate(
            paused=Count("id", filter=Q(status=Pause.Status.PAUSED)),
            pausing=Count("id", filter=Q(status=Pause.Status.PAUSING)),
        )
    )
    return [
        Paused(row["account_id"], row["account__name"], row["paused"], row["pausing"])
        for row in by_account.order_by("account_id")
    ]


DEFAULT_MINUTES = AccountLimits._meta.get_field("watch_minutes").default


def _reading(row: SpendReading) -> Reading:
    return Reading(row.at, row.day, row.spend, row.budgets)
