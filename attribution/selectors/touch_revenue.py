from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

import numpy as np

from attribution.domain.paths.models import touch_shares
from attribution.domain.touch_revenue import Ratios, revenue_per_touch
from attribution.selectors.channel_paths import LOOK_BACK, Touches, channel_paths
from stratum.core.models import Workspace
from stratum.core.money import exponent
from stratum.core.periods import Period
from stratum.core.tenancy import current_workspace_id

DEFAULT_MODEL = "hazard"
"""It alone leaves the share that would have come anyway to nobody: any other model would credit messages with regular buyers."""
DAYS_OF_DAILY_COHORTS = 14


class Cut(StrEnum):
    CHANNEL = "channel"
    CAMPAIGN = "campaign"
    COHORT = "cohort"


@dataclass(frozen=True)
class TouchRevenue:
    """Revenue per marketing touch of one group. Money in major units of the workspace's currency."""

    name: str
    """Of the channel or campaign, the first day of the cohort, or empty for all together."""
    touches: int
    people: int
    revenue: Decimal
    per_touch: Decimal
    low: Decimal | None
    """Between `low` and `high` the true ratio lies four times out of five; None where fewer than two people were touched."""
    high: Decimal | None


def touch_revenue(
    period: Period, *, cut: Cut = Cut.CHANNEL, model: str = DEFAULT_MODEL, now: datetime
) -> tuple[TouchRevenue, list[TouchRevenue]]:
    """RpMT of the workspace's own channels: all together, and by group, most touches first (cohorts by day).

    Counts each e-mail, SMS, push and visit of the period once at session grain, and what leads of up to 30 days later owe to
    it by `model` (of `TOUCH_MODELS`). Sums are divided by sums. Touches of the last 30 days may earn more yet.
    """
    later = Period(period.start, period.end + timedelta(days=LOOK_BACK.days))
    found = channel_paths(later, now=now)
    journeys, touches = found.journeys, found.touches
    earned = np.bincount(
        found.touch, touch_shares(journeys, model) * journeys.touch_value, minlength=len(touches.person)
    )
    own = np.array([not source.is_ad for source in touches.sources], bool)
    counted = (touches.day >= period.start.toordinal()) & (touches.day <= period.end.toordinal())
    chosen = np.flatnonzero(counted & own[touches.source]) if len(own) else np.zeros(0, np.intp)
    names, group = _grouped(touches, chosen, cut, period)
    workspace = Workspace.objects.get(pk=current_workspace_id())
    person, revenue = touches.person[chosen], earned[chosen]
    every = _rows([""], revenue_per_touch(np.zeros(len(chosen), np.intp), person, revenue, 1), workspace)
    rows = _rows(names, revenue_per_touch(group, person, revenue, len(names)), workspace)
    return every[0], rows if cut is Cut.COHORT else sorted(rows, key=lambda row: (-row.touches, row.name))


def _grouped(touches: Touches, chosen: np.ndarray, cut: Cut, period: Period) -> tuple[list[str], np.ndarray]:
    """Names of the groups, and (chosen,) places among them. Cohorts are days, or weeks in a period longer than two."""
    if cut is Cut.COHORT:
        days = 1 if period.length <= DAYS_OF_DAILY_COHORTS else 7
        first = period.start.toordinal()
        begins, group = np.unique((touches.day[chosen] - first) // days * days + first, return_inverse=True)
        return [date.fromordinal(int(day)).isoformat() for day in begins], group
    named = np.array([getattr(source, cut.value) for source in touches.sources], dtype=object)
    names, group = np.unique(named[touches.source[chosen]].astype(str), return_inverse=True)
    return names.tolist(), group


def _rows(names: list[str], found: Ratios, workspace: Workspace) -> list[TouchRevenue]:
    places = exponent(workspace.currency)

    def major(minor: float, more: int = 0) -> Decimal | None:
        """A ratio is told to a hundredth of a cent: messages are cheap and many."""
        if np.isnan(minor):
            return None
        return Decimal(float(minor)).scaleb(-places).quantize(Decimal(1).scaleb(-places - more))

    return [
        TouchRevenue(
            name,
            int(found.touches[n]),
            int(found.people[n]),
            major(found.revenue[n]),
            *(major(array[n], 2) for array in (found.ratio, found.low, found.high)),
        )
        for n, name in enumerate(names)
    ]
