"""What the engine believes of budgets that stay as they are for a week, as the budget simulator wants to see it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sampler.domain import AdRows, Limits, Portfolio
from sampler.domain.budget_simulator import Responding
from sampler.domain.curve_reasons import Curve

DAYS = 7
STANDING = Limits(step=0.0, floor=0.0, ceiling=None, launch=0.0)


def believed_week(
    portfolio: Portfolio, rows: AdRows, names: Sequence[str], *, day: int, days: int = DAYS
) -> list[Responding]:
    """A curve for each row as it is on average over the `days`, a week at most, that begin on `day`; `rows.spend` are the budgets, major units a day.

    Curves stray by the model's own deviation: what widens a single ad's interval beyond it is luck of its own, which a sum evens out.
    """
    total = float(np.sum(rows.spend))
    week = [portfolio.plan(day + n, total, rows, STANDING) for n in range(days)]
    expected, first = np.mean([plan.expected for plan in week], axis=0), week[0]
    return [
        Responding(
            name=name,
            budget=float(rows.spend[i]),
            curve=Curve(
                usual=float(rows.spend[i]),
                expected=float(expected[i]),
                elasticity=float(first.elasticity[i]),
                deviation=float(np.sqrt(first.stated[i])),
                slope_deviation=float(first.slope_deviation[i]),
            ),
            order_value=float(first.parts.value_per_conversion[i]),
            order_spread=float(first.parts.value_spread[i]),
        )
        for i, name in enumerate(names)
    ]
