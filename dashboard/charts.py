from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from attribution.selectors import DayFigures, ModelComparison, TouchRevenue

MOST_BARS = 12
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
    return as_json(figure)


def models_chart(found: ModelComparison, currency: str) -> dict[str, Any]:
    """Revenue by channel: the data-driven model beside the last non-direct touch, and the span that all models cover."""
    place = list(found.models)
    rows = found.channels[:MOST_BARS]
    channels = [row.channel for row in rows]
    figure = go.Figure()
    for model, meta in (("hazard", "revenue"), ("last_non_direct", "spend")):
        of_model = [float(row.revenue[place.index(model)]) for row in rows]
        span = {}
        if model == "hazard":
            span = {
                "error_y": {
                    "type": "data",
                    "symmetric": False,
                    "array": [float(max(row.revenue)) - own for row, own in zip(rows, of_model, strict=True)],
                    "arrayminus": [own - float(min(row.revenue)) for row, own in zip(rows, of_model, strict=True)],
                    "thickness": 1.5,
                }
            }
        figure.add_bar(
            x=channels, y=of_model, name=found.models[model], meta=meta, hovertemplate=f"%{{y:,.0f}} {currency}", **span
        )
    return as_json(_bars(figure, currency))


def touches_chart(rows: Sequence[TouchRevenue], currency: str) -> dict[str, Any]:
    """Revenue per touch by group, with the interval that holds the true ratio four times out of five."""
    rows = rows[:MOST_BARS]
    figure = go.Figure()
    figure.add_bar(
        x=[row.name for row in rows],
        y=[float(row.per_touch) for row in rows],
        name="Revenue per touch",
        meta="revenue",
        hovertemplate=f"%{{y:,.2f}} {currency}",
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [float(row.high - row.per_touch) if row.high is not None else 0 for row in rows],
            "arrayminus": [float(row.per_touch - row.low) if row.low is not None else 0 for row in rows],
            "thickness": 1.5,
        },
    )
    return as_json(_bars(figure, currency))


def _bars(figure: go.Figure, currency: str) -> go.Figure:
    return figure.update_layout(
        template="none",
        barmode="group",
        margin={"l": 56, "r": 16, "t": 8, "b": 56},
        height=320,
        legend={"orientation": "h", "y": 1.12, "x": 0},
        yaxis={"title": {"text": currency}, "rangemode": "tozero"},
        xaxis={"type": "category", "automargin": True},
    )


def as_json(figure: go.Figure) -> dict[str, Any]:
    return figure.to_plotly_json() | {
        "data": [trace.to_plotly_json() for trace in figure.data],
        "layout": figure.layout.to_plotly_json(),
    }
