"""Attribution on journeys with known truth, beside click ids only, fingerprints only and the usual three layers."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
from django.db import connection

from bench.journeys.journeys import simulate
from bench.journeys.loading import load
from bench.journeys.measures import THRESHOLDS, Measures, measure
from bench.journeys.methods import Trial, calibrated, click_id_only, fingerprint_only, naive_layers, placebo_claims
from bench.journeys.scenarios import SCENARIOS, Scenario
from bench.table import print_table
from stratum.core.tenancy import in_workspace

SEEDS = (11, 12, 13)
ENOUGH = 200
"""Leads of a bin, all seeds together, from which it says something."""
METHODS = ("click id only", "fingerprint only", "naive three layers", "Stratum, no anchor", "Stratum, anchored")
HEADS = [
    "",
    "covered",
    "right ad",
    "incl. organic",
    "≥.5 share",
    "right",
    "said",
    "≥.9 share",
    "right",
    "said",
    "bias",
    "WAPE ad",
    "campaign",
]


def run() -> None:
    """SCENARIO=base and SEEDS=11,12 in the environment run a part."""
    seeds = [int(seed) for seed in os.environ.get("SEEDS", ",".join(map(str, SEEDS))).split(",")]
    for scenario in SCENARIOS:
        if os.environ.get("SCENARIO", scenario.name) == scenario.name:
            _report(scenario, seeds)
    print(
        "covered, right ad: leads that ads brought, the best 95 % of them assigned to one ad each, modelled ones included."
    )
    print(
        "incl. organic: the same, organic leads counted as wrong. share, right, said: leads whose best ad has that weight:"
    )
    print("their share of ad-driven leads, how many were right (organic ones wrong), and the weight that was stated.")
    print(
        "bias, WAPE: reported revenue against the truth, per ad and campaign. The anchor is the true ad-driven share."
    )


def _report(scenario: Scenario, seeds: Sequence[int]) -> None:
    found: dict[str, list[Measures]] = {method: [] for method in METHODS}
    placebo = []
    for seed in seeds:
        measures, claimed = _one(scenario, seed)
        placebo.append(claimed)
        for method, figures in measures.items():
            found[method].append(figures)
    print(f"-- {scenario.name}: mean of {len(seeds)} seeds --\n")
    print_table(HEADS, [[method, *_cells(found[method])] for method in METHODS])
    ours = found["Stratum, anchored"]
    gaps = [abs(np.mean([m.claims[t].stated - m.claims[t].precision for m in ours])) for t in THRESHOLDS]
    print(f"|said − right| at {THRESHOLDS}: {', '.join(f'{gap:.3f}' for gap in gaps)}")
    leads, stated, right = sum(m.by_tenth for m in ours).T[:, 1:]
    gaps = [
        f"{gap:+.3f}" if n >= ENOUGH else "few"
        for n, gap in zip(leads, (stated - right) / np.maximum(leads, 1), strict=True)
    ]
    print(f"said − right by tenth of the weight, from .1: {' '.join(gaps)}")
    print(f"placebo, clicks shuffled among people: {np.mean(placebo):.1%} claimed at weight ≥ .5\n", flush=True)


def _one(scenario: Scenario, seed: int) -> tuple[dict[str, Measures], float]:
    journeys = simulate(scenario, seed)
    workspace, ads = load(journeys, f"{scenario.name} {seed}")
    trial = Trial(journeys, workspace, ads)
    driven = float((journeys.leads.click[trial.leads] >= 0).mean())
    try:
        with in_workspace(workspace):
            results = {
                "click id only": click_id_only(trial),
                "fingerprint only": fingerprint_only(trial),
                "naive three layers": naive_layers(trial),
                "Stratum, no anchor": calibrated(trial, anchor=None),
                "Stratum, anchored": calibrated(trial, anchor=driven),
            }
            return {name: measure(trial, credits) for name, credits in results.items()}, placebo_claims(trial)
    finally:
        _forget(workspace.pk)


def _cells(measures: list[Measures]) -> list[str]:
    def mean(values: list[float]) -> float:
        return float(np.mean(values))

    cells = [
        f"{mean([m.coverage for m in measures]):.3f}",
        f"{mean([m.precision_at_coverage for m in measures]):.3f}",
        f"{mean([m.precision_with_organics for m in measures]):.3f}",
    ]
    for threshold in (0.5, 0.9):
        claims = [m.claims[threshold] for m in measures]
        cells += [f"{mean([getattr(c, name) for c in claims]):.3f}" for name in ("share", "precision", "stated")]
    return [
        *cells,
        f"{mean([m.bias for m in measures]):+.1%}",
        f"{mean([m.wape_ad for m in measures]):.3f}",
        f"{mean([m.wape_campaign for m in measures]):.3f}",
    ]


def _forget(workspace_id: int) -> None:
    """The next world starts in small tables again."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE core_workspace CASCADE")
