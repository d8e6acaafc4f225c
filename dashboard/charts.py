from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from attribution.selectors import DayFigures

DAY = 86_400_000
"""Milliseconds, as Plotly counts them: left alone, it names a day of a short period several times."""


def trend_chart(days: Sequence[DayFigures], currency: str) -> dict[str, Any]:
    """Spend and revenue as bars, their ratio as a line on its own axis. Colours come from the page's style sheet."""
    dates = [day.day.isoformat() for day in days]
    short = bool(days) and (days[-1].day - days[0].day).days < 7
    figure = go.Figure()
    figure.add_bar(
        x=dates,
        y=[float(day.figures.spend) for day in days],
        name="Spend",
        meta="spend",
        hovertemplate=f"%{{y:,.0f}} {currency}",
    )
    figure.add_bar(
        x=dates,
        y=[float(day.figures.revenue) for day in days],
        name="Revenue",
        meta="revenue",
        hovertemplate=f"%{{y:,.0f}} {currency}",
    )
    roas = [None if day.figures.roas is None else round(float(day.figures.roas), 3) for day in days]
    figure.add_scatter(
        x=dates, y=roas, name="ROAS", meta="roas", yaxis="y2", mode="lines+markers", hovertemplate="%{y:.2f}×"
    )
    figure.update_layout(
        template="none",
        barmode="group",
        hovermode="x unified",
        margin={"l": 56, "r": 48, "t": 8, "b": 32},
        height=320,
        legend={"orientation": "h", "y": 1.12, "x": 0},
        yaxis={"title": {"text": currency}, "rangemode": "tozero"},
        yaxis2={
            "title": {"text": "ROAS"},
            "overlaying": "y",
            "side": "right",
            "rangemode": "tozero",
            "showgrid": False,
            "tickmode": "auto",
            "tickformat": ",.2~f",
        },
        xaxis={"type": "date", "tickformat": "%-d %b", "dtick": DAY if short else None},
    )
    return figure.to_plotly_json() | {
        "data": [trace.to_plotly_json() for trace in figure.data],
        "layout": figure.layout.to_plotly_json(),
    }
