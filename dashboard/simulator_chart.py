from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from dashboard.charts import as_json
from sampler.domain.budget_simulator import Outcome


def simulator_chart(scenarios: Sequence[tuple[float, Outcome]], currency: str, days: int) -> dict[str, Any]:
    """Revenue over the horizon by daily budget, with its 80 % band."""
    budgets = [budget for budget, _ in scenarios]
    figure = go.Figure()
    figure.add_scatter(
        x=budgets + budgets[::-1],
        y=[found.high for _, found in scenarios] + [found.low for _, found in scenarios][::-1],
        fill="toself",
        mode="none",
        meta="revenue",
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=budgets,
        y=[found.revenue for _, found in scenarios],
        mode="lines+markers",
        meta="revenue",
        hovertemplate=f"%{{y:,.0f}} {currency} at %{{x:,.2f}} a day",
    )
    figure.update_layout(
        template="none",
        margin={"l": 72, "r": 16, "t": 8, "b": 48},
        height=320,
        showlegend=False,
        hovermode="closest",
        xaxis={"title": {"text": f"Budget a day ({currency})"}},
        yaxis={
            "title": {"text": f"Revenue {'on that day' if days == 1 else f'in {days} days'} ({currency})"},
            "rangemode": "tozero",
        },
    )
    return as_json(figure)
