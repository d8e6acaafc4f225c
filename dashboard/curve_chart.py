"""Expected revenue by budget: the curve that a decision was made on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from dashboard.charts import as_json
from sampler.domain.cards import ChangeCard

POINTS = 41


@dataclass(frozen=True)
class CurvePoint:
    """Major units a day; `low` and `high` hold the expected revenue four times in five."""

    budget: float
    revenue: float
    low: float
    high: float

    @property
    def returns(self) -> float:
        return self.revenue / self.budget


def curve_points(card: ChangeCard) -> list[CurvePoint]:
    """The budgets around the change, before and after among them; none where no curve decided."""
    if card.curve is None:
        return []
    before, after = float(card.before), float(card.after)
    least, most = 0.4 * min(before, after), 1.6 * max(before, after)
    budgets = sorted({*np.linspace(least, most, POINTS).tolist(), before, after})
    return [CurvePoint(one, card.curve.revenue(one), *card.curve.between(one)) for one in budgets]


def curve_chart(card: ChangeCard, points: list[CurvePoint]) -> dict[str, Any]:
    """The curve with its band, and the budgets before and after as marks."""
    budgets = [point.budget for point in points]
    figure = go.Figure()
    figure.add_scatter(
        x=budgets + budgets[::-1],
        y=[point.high for point in points] + [point.low for point in points][::-1],
        fill="toself",
        mode="none",
        name="80 % interval",
        meta="revenue",
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=budgets,
        y=[point.revenue for point in points],
        mode="lines",
        name="Expected revenue",
        meta="revenue",
        hovertemplate=f"%{{y:,.2f}} {card.currency} at %{{x:,.2f}}",
    )
    marks = {"Before": float(card.before), "After": float(card.after)}
    figure.add_scatter(
        x=list(marks.values()),
        y=[next(point.revenue for point in points if point.budget == budget) for budget in marks.values()],
        mode="markers+text",
        text=list(marks),
        textposition="top center",
        name="This change",
        meta="spend",
        marker={"size": 10},
        hovertemplate=f"%{{text}}: %{{x:,.2f}} → %{{y:,.2f}} {card.currency}",
    )
    figure.update_layout(
        template="none",
        margin={"l": 64, "r": 16, "t": 24, "b": 48},
        height=320,
        showlegend=False,
        hovermode="closest",
        xaxis={"title": {"text": f"Budget a day ({card.currency})"}},
        yaxis={"title": {"text": f"Expected revenue a day ({card.currency})"}, "rangemode": "tozero"},
    )
    return as_json(figure)
