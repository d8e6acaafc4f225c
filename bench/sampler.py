"""What the budget sampler earns in a market with known truth, beside everything else that people split budgets with.

`SEEDS` (0–7; nothing was tuned on them, 100–105 are for that), `SCENARIO` (or `allocation`) and `POLICY`, comma-separated names, run
a part. The whole takes about half an hour on two cores, most of it in the peers' packages.
"""

from __future__ import annotations

import os

import numpy as np

from bench import allocation, worlds
from bench.market.registry import AS_TOLD, EQUAL, PACKAGES, PEERS
from bench.market.scenario import SCENARIOS, WEEK_AFTER_SHOCK
from bench.market.season import Season
from bench.table import print_table

OWN = "own"
ABLATIONS = (
    ("told what the product tells today", AS_TOLD),
    ("new ads not cut for three days", "own learning_days=3"),
    ("no curvature", "own curvature=False"),
    ("no fatigue price", "own fatigue_price=False"),
    ("no delay correction", "own delay=False"),
    ("no creative vectors", "own vectors=False"),
    ("no weekday", "own weekday=False"),
    ("no change detection", "own change_detection=False"),
    ("every move, however little it is worth", "own hysteresis=0"),
    ("temperature 0", "own temperature=0"),
    ("temperature 0.3", "own temperature=0.3"),
    ("temperature 1, Thompson sampling", "own temperature=1"),
)
CLOSEST = ("blended score^2", "proportional to ROAS^1.5", "AdComB-Mean", "rules ±20 %")
"""Peers of the scenarios other than mixed."""
PERIODS = ((0, 7), (7, 21), (21, 45), WEEK_AFTER_SHOCK, (52, 66), (66, 90))
GATES = {"mixed": 0.957, "b2b": 0.93, "little data": 0.92, "few ads": 0.93, "unguarded": 0.87}
LEAST_SEED, LIFT, CALM_GATE, CALM_CHURN, TAKEN_BACK, SHOCK_WEEK = 0.945, 0.80, 0.94, 0.10, 0.20, 0.93
MIXED, ALLOCATION = "mixed", "allocation"


def run() -> None:
    season = Season(tuple(int(seed) for seed in os.environ.get("SEEDS", "0,1,2,3,4,5,6,7").split(",")))
    parts = _asked("SCENARIO", (*SCENARIOS, ALLOCATION))
    policies = _asked("POLICY", (OWN, *PEERS, *PACKAGES))
    if MIXED in parts:
        _mixed(season, policies)
    if others := [name for name in parts if name not in (MIXED, ALLOCATION, *worlds.WORLDS)]:
        _scenarios(season, others, [name for name in policies if name in (OWN, *CLOSEST)])
    if OWN in policies:
        if MIXED in parts:
            _ablations(season)
        _calibration(season, [name for name in parts if name not in worlds.WORLDS])
        if set(worlds.WORLDS) <= set(parts):
            worlds.run(season, OWN)
    if ALLOCATION in parts:
        allocation.run()
    if OWN in policies and set(SCENARIOS) <= set(parts):
        _verdict(season)


def _asked(variable: str, all_names: object) -> list[str]:
    return os.environ[variable].split(",") if variable in os.environ else list(all_names)


def _mixed(season: Season, policies: list[str]) -> None:
    scenario = SCENARIOS[MIXED]
    print(
        f"{scenario.ads} ads in {scenario.accounts} accounts, ${scenario.spend_per_ad:.0f} an ad and day, {scenario.warm_up} days of equal split, then "
        f"{scenario.days} days. Everybody keeps the same guardrail:\nat most ±{scenario.step:.0%} a day, a new ad at most "
        f"${scenario.spend_per_ad:.0f}, the whole budget spent. Expected revenue over that of an oracle who knows\nevery curve "
        f"of today; lift: of what the oracle earns beyond an equal split. Seeds {', '.join(map(str, season.seeds))}.\n",
        flush=True,
    )
    season.play(MIXED, policies)
    for name, reason in season.failures.items():
        print(f"{name} did not play: {reason}")
    played = sorted(
        (name for name in dict.fromkeys((*policies, EQUAL)) if season.played(MIXED, name)),
        key=lambda name: -season.shares(MIXED, name).mean(),
    )
    heads = (
        "mixed",
        "of the oracle",
        "±se",
        "least seed",
        "lift",
        "churn a day",
        "placed",
        "ms a day",
        "own wins",
        "own earns more",
    )
    print_table(heads, [_row(season, name) for name in played])
    rows = [
        (name, *(f"{season.shares(MIXED, name, slice(*period)).mean():.3f}" for period in PERIODS))
        for name in played[:6]
    ]
    print_table(("by period, days", *(f"{first}–{last}" for first, last in PERIODS)), rows)


def _row(season: Season, name: str) -> tuple[object, ...]:
    shares, trials = season.shares(MIXED, name), season.of(MIXED, name)
    placed = np.mean([np.sum(trial.spend) for trial in trials]) / (SCENARIOS[MIXED].budget * SCENARIOS[MIXED].days)
    wins = more = ""
    if season.played(MIXED, OWN) and not name.startswith(OWN):
        own = season.shares(MIXED, OWN)
        wins, more = f"{(own > shares).sum()} of {shares.size}", f"{(own / shares - 1).mean():+.1%}"
    return (
        _title(name),
        f"{shares.mean():.3f}",
        f"{_error(shares):.3f}",
        f"{shares.min():.3f}",
        f"{season.lift(MIXED, name):.0%}",
        f"{np.mean([np.mean(trial.churn) for trial in trials]):.3f}",
        f"{placed:.2%}",
        f"{np.median([np.median(trial.milliseconds) for trial in trials]):.1f}",
        wins,
        more,
    )


def _scenarios(season: Season, scenarios: list[str], policies: list[str]) -> None:
    rows = []
    for name in scenarios:
        season.play(name, policies)
        peers = {peer: season.shares(name, peer).mean() for peer in (*policies, EQUAL) if peer != OWN}
        best = max(peers, key=peers.get)
        own = season.shares(name, OWN) if OWN in policies else np.array([np.nan])
        theirs = season.shares(name, best)
        gate = f"{GATES[name]:.2f}" if name in GATES else ""
        churn = np.mean([np.mean(trial.churn) for trial in season.of(name, OWN)]) if OWN in policies else np.nan
        rows.append((name, f"{own.mean():.3f}", f"{_error(own):.3f}", gate, f"{peers[best]:.3f}", best, f"{peers[EQUAL]:.3f}", f"{(own > theirs).sum()} of {theirs.size}", f"{churn:.2f}"))  # fmt: skip
    heads = ("scenario", "own", "±se", "gate", "best peer", "which", "equal", "own wins", "own churn")
    print_table(heads, rows)


def _ablations(season: Season) -> None:
    season.play(MIXED, [OWN, *(policy for _, policy in ABLATIONS)])
    whole = season.shares(MIXED, OWN)
    rows = [("the engine as it is", f"{whole.mean():.4f}", "", "")]
    for title, policy in ABLATIONS:
        apart = season.shares(MIXED, policy) - whole
        rows.append(
            (
                title,
                f"{season.shares(MIXED, policy).mean():.4f}",
                f"{100 * apart.mean():+.2f}",
                f"{100 * _error(apart):.2f}",
            )
        )
    print_table(("mixed, without one idea each", "of the oracle", "points", "±se of the difference"), rows)


def _calibration(season: Season, scenarios: list[str]) -> None:
    rows = []
    for name in scenarios:
        if not season.played(name, OWN):
            continue
        trials = season.of(name, OWN)
        stated = sum(trial.stated for trial in trials)
        forecast = np.concatenate([trial.forecast for trial in trials])
        rows.append(
            (
                name,
                f"{_inside(trials):.1%}",
                f"{sum(trial.below for trial in trials) / stated:.1%}",
                f"{sum(trial.log_error for trial in trials) / stated:+.3f}",
                f"{forecast.mean():.3f} ± {forecast.std():.3f}",
                f"{sum(trial.total_inside for trial in trials) / forecast.size:.0%}",
            )
        )
    heads = (
        "calibration",
        "80 % interval of an ad holds",
        "truth below it",
        "mean log error",
        "stated/true, all ads",
        "80 % of the sum holds",
    )
    if rows:
        print_table(heads, rows)


def _verdict(season: Season) -> None:
    own = season.shares(MIXED, OWN)
    churn = np.mean([np.mean(trial.churn) for trial in season.of(MIXED, OWN)])
    back = worlds.taken_back(season.of(MIXED, OWN))
    peers = [name for name in (*PEERS, *PACKAGES) if season.played(MIXED, name)]
    worst = min(((own > season.shares(MIXED, name)).sum() for name in peers), default=0)
    week = season.shares(MIXED, OWN, slice(*WEEK_AFTER_SHOCK)).mean()
    checks = [(f"{name}", season.shares(name, OWN).mean() >= gate, f"at least {gate} of the oracle; measured {season.shares(name, OWN).mean():.3f}") for name, gate in GATES.items()]  # fmt: skip
    checks += [
        ("every seed", own.min() >= LEAST_SEED, f"at least {LEAST_SEED}; measured {own.min():.3f}"),
        ("every peer", not peers or worst == own.size, f"more revenue on all {own.size} seeds; on {worst} against the closest of {len(peers)} of {len(PEERS) + len(PACKAGES)} peers"),
        ("lift", season.lift(MIXED, OWN) >= LIFT, f"at least {LIFT:.0%}; measured {season.lift(MIXED, OWN):.1%}"),
        ("calm", own.mean() >= CALM_GATE and churn <= CALM_CHURN, f"at least {CALM_GATE} while moving at most {CALM_CHURN:.0%} a day; measured {own.mean():.3f} at {churn:.1%}"),
        ("steady", back <= TAKEN_BACK, f"at most {TAKEN_BACK:.0%} of what is moved is taken back the next day; measured {back:.1%}"),
        ("week after the shock", week >= SHOCK_WEEK, f"at least {SHOCK_WEEK}; measured {week:.3f}"),
    ]  # fmt: skip
    for name in (scenario for scenario in SCENARIOS if scenario not in worlds.WORLDS):
        ads, total = _inside(season.of(name, OWN)), worlds.total_inside(season.of(name, OWN))
        checks += [
            (f"{name}, intervals of ads", worlds.ADS[0] <= ads <= worlds.ADS[1], f"80 % intervals hold {worlds.ADS[0]:.0%} to {worlds.ADS[1]:.0%}; measured {ads:.1%}"),
            (f"{name}, intervals of the sum", worlds.TOTAL[0] <= total <= worlds.TOTAL[1], f"80 % intervals hold {worlds.TOTAL[0]:.0%} to {worlds.TOTAL[1]:.0%}; measured {total:.1%}"),
        ]  # fmt: skip
    checks += worlds.verdict(season, OWN)
    for name, reached, text in checks:
        print(f"Target {'reached' if reached else 'MISSED'}, {name}: {text}.")


def _inside(trials: list) -> float:
    return sum(trial.inside for trial in trials) / sum(trial.stated for trial in trials)


def _error(values: np.ndarray) -> float:
    return float(values.std(ddof=1) / np.sqrt(values.size)) if values.size > 1 else np.nan


def _title(name: str) -> str:
    return {OWN: "Stratum"}.get(name, name)
