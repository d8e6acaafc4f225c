from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from attribution.selectors import Basis, Figures, newest_day, totals
from stratum.core.clock import now, real_now
from stratum.core.models import AdAccount, Workspace
from stratum.core.periods import Period, local_day


@dataclass(frozen=True)
class Today:
    """The day that is not over yet: what it has so far."""

    day: date
    figures: Figures


def last_full_day(workspace: Workspace) -> date:
    """The newest day of data that is over in every account's time zone; without data the clock's yesterday.

    A replayed clock holds for connected accounts: it does not hide the days of a file.
    """
    over, newest = _today(workspace) - timedelta(days=1), newest_day()
    return min(newest, over) if newest else over


def today_so_far(workspace: Workspace, *, basis: Basis, account: int | None) -> Today | None:
    """None where nothing was spent or earned yet."""
    day = _today(workspace)
    figures = totals(Period(day, day), basis=basis, account=account)
    return Today(day, figures) if figures.spend or figures.revenue else None


def _today(workspace: Workspace) -> date:
    live = AdAccount.objects.exclude(platform=AdAccount.Platform.IMPORT)
    zones = set(live.values_list("timezone", flat=True))
    return min(local_day(now(), zone) for zone in zones) if zones else local_day(real_now(), workspace.timezone)
