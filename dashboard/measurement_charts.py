from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from attribution.selectors import MaturityCurve, ReliabilityBin
from dashboard.charts import as_json


def reliability_chart(bins: Sequence[ReliabilityBin]) -> dict[str, Any]:
    """What was said against what it was; on the diagonal the two are the same."""
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1], y=[0, 1], name="Said = was", meta="spend", mode="lines", line={"dash": "dot"}, hoverinfo="skip"
    )
    figure.add_scatter(
        x=[one.said for one in bins],
        y=[one.was for one in bins],
        customdata=[one.pairs for one in bins],
        name="Matches",
        meta="revenue",
        mode="lines+markers",
        marker={"size": 9},
        hovertemplate="said %{x:.1%}, was %{y:.1%}<br>%{customdata:,} pairs",
    )
    axis = {"range": [-0.02, 1.02], "tickformat": ".0%"}
    return as_json(
        _lines(figure, x={**axis, "title": {"text": "What was said"}}, y={**axis, "title": {"text": "What it was"}})
    )


def maturity_chart(curve: MaturityCurve) -> dict[str, Any]:
    """Share of what clicks earn that is booked by their age."""
    by_age = curve.by_age
    figure = go.Figure()
    figure.add_scatter(
        x=[at.age for at in by_age],
        y=[round(at.booked, 4) for at in by_age],
        name="Booked",
        meta="revenue",
        mode="lines",
        hovertemplate="%{y:.1%} after %{x} days",
    )
    return as_json(
        _lines(
            figure,
            x={"title": {"text": "Days since the click"}, "rangemode": "tozero"},
            y={"title": {"text": "Share booked"}, "tickformat": ".0%", "rangemode": "tozero"},
        )
    )


def _lines(figure: go.Figure, *, x: dict[str, Any], y: dict[str, Any]) -> go.Figure:
    return figure.update_layout(
        template="none",
        margin={"l": 64, "r": 16, "t": 8, "b": 48},
        height=320,
        showlegend=False,
        hovermode="closest",
        xaxis=x,
        yaxis=y,
    )
