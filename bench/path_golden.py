"""ChannelAttribution's own example paths (GPL: read where they lie beside the project, never shipped) and what it says of them."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from attribution.domain.paths.heuristics import RULES
from attribution.domain.paths.journeys import credit, journeys
from attribution.domain.paths.markov import markov

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "channelattribution_paths"


def golden_sentence() -> str:
    """How far our rules and its golden table lie apart, in one sentence."""
    if not FOLDER.exists():
        return "ChannelAttribution's example paths are not beside this checkout: the golden table was not compared."
    with (FOLDER / "PathData.csv").open() as file:
        rows = list(csv.DictReader(file))
    columns = {"conversions": "total_conversions", "value": "total_conversion_value", "nulls": "total_null"}
    found = journeys(
        [row["path"].split(" > ") for row in rows],
        **{ours: [float(row[theirs]) for row in rows] for ours, theirs in columns.items()},
    )
    with next(FOLDER.glob("reference_output_*.csv")).open() as file:
        golden = {row["channel_name"]: row for row in csv.DictReader(file)}
    apart = 0.0
    for name in ("first", "last", "linear"):
        ours = credit(found, RULES[name](found))
        for kind in ("conversions", "value"):
            theirs = np.array([float(golden[channel][f"{name}_touch_{kind}"]) for channel in found.channels])
            apart = max(apart, float((np.abs(getattr(ours, kind) - theirs) / np.maximum(theirs, 1)).max()))
    simulated = np.array([float(golden[channel]["total_conversions"]) for channel in found.channels])
    exact = markov(found).conversions
    off = np.abs(simulated - exact)
    return (
        f"Golden table ({len(rows):,} paths): first, last and linear touch {'equal' if apart < 1e-12 else 'NOT equal'} "
        f"(largest difference {apart:.0e}); its simulated Markov is off by {off.sum() / exact.sum():.2%} of all conversions, "
        f"by {(off / exact).max():.0%} of a channel's at most."
    )
