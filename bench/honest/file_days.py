"""A real file, planned day by day as if each day were the last one known: what each plan stated, and what the next day returned."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice

from attribution.actions.ads.import_ad_days import import_ad_days
from attribution.row_fields import AD_DAY
from bench.data_folder import data_folder
from bench.replay.online_ads import FILE, SOURCE
from learning.actions.turn_cycle import turn_cycle
from sampler.domain.expected_return import Expected
from sampler.models import Plan
from stratum.core.actions.make_workspace import make_workspace
from stratum.core.clock import now
from stratum.core.models import Workspace
from stratum.core.rows import read_row
from stratum.core.tenancy import in_workspace

DAYS = 60
ROWS = 2_000


@dataclass(frozen=True)
class FileDay:
    """`seen`: the return of the day after `day`, of what the file's ads spent then."""

    day: date
    stated: Expected
    seen: float

    @property
    def inside(self) -> bool:
        return self.stated.low <= self.seen <= self.stated.high

    @property
    def times(self) -> float:
        return self.stated.mean / self.seen


def plan_file(days: int = DAYS) -> list[FileDay]:
    """The online panel through `import_ad_days`, and a turn for each of its first days. DataMissing."""
    workspace = make_workspace(name="Online panel")
    workspace.revenue_source = Workspace.RevenueSource.PLATFORM
    workspace.save()
    with in_workspace(workspace):
        seen = _import(workspace)
        judged = []
        for day in sorted(seen)[:days]:
            turn_cycle(workspace, until=day, now=now(), rng_seed=day.toordinal())
            plan = Plan.objects.order_by("-id").first()
            after = seen.get(day + timedelta(days=1))
            if plan and plan.day == day and after:
                judged.append(FileDay(day, Expected(plan.expected, plan.low, plan.high), after))
        return judged


def _import(workspace: Workspace) -> dict[date, float]:
    """The return of each day of the file."""
    path = data_folder("online_ad_daily", SOURCE) / FILE
    spend, revenue = defaultdict(float), defaultdict(float)
    with path.open(newline="") as file:
        rows = csv.DictReader(file)
        while part := [read_row(row, AD_DAY) for row in islice(rows, ROWS)]:
            import_ad_days(workspace, part)
            for row in part:
                spend[row["date"]] += float(row["spend"])
                revenue[row["date"]] += float(row["conversion_value"] or 0)
    return {day: revenue[day] / spend[day] for day in spend if spend[day] > 0}
