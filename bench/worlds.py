"""The engine where its usual market does not lead: in an account's first weeks, and when something breaks."""

from __future__ import annotations

import numpy as np

from bench.market.scenario import SCENARIOS
from bench.market.season import Season
from bench.market.trial import Trial
from bench.market.upsets import WEEK
from bench.table import print_table

RATIO, ADS, TOTAL = (0.8, 1.25), (0.77, 0.83), (0.75, 0.85)
HALF, FIFTH, DAYS_TO_HALF, DAYS_TO_FIFTH, ALARMS = 0.5, 0.2, 5, 12, 1.0
UNKNOWABLE = 2
"""Days after all demand changes on which nobody can have known: they are printed and not judged."""
NEVER = 999
WORLDS = tuple(name for name, one in SCENARIOS.items() if one.accounts == 1 or name == "hopeless ads")


def run(season: Season, policy: str) -> None:
    """Prints what is stated beside what is true, day by day, and what becomes of the ad that an upset befalls."""
    print(
        "Young: one shop that nobody knew before, its days 3 to 42. Others: one shop after four weeks, and what befalls it on day "
        f"{SCENARIOS['collapse'].upset_day}.\nStated/true: revenue of all ads, the median over seeds by day, least to most, without the "
        f"first {UNKNOWABLE} days after all demand changes.\n",
        flush=True,
    )
    rows = []
    for name in WORLDS:
        season.play(name, [policy])
        trials = season.of(name, policy)
        ratio = by_day(trials)[judged(name)]
        rows.append(
            (
                name,
                f"{season.shares(name, policy).mean():.3f}",
                f"{ratio.min():.2f} to {ratio.max():.2f}",
                f"{_near(trials, name):.0%}",
                f"{inside(trials):.1%}",
                f"{total_inside(trials):.1%}",
                f"{taken_back(trials):.0%}",
                f"{alarms(trials):.2f}",
                _days(trials, HALF),
                _days(trials, FIFTH),
            )
        )
    heads = ("world", "of the oracle", "stated/true", "seeds' days in .8–1.25", "80 % of ads", "80 % of sum", "taken back", "alarms in 1,000 ad-days", "days to half", "to a fifth")  # fmt: skip
    print_table(heads, rows)


def verdict(season: Season, policy: str) -> list[tuple[str, bool, str]]:
    """Every target of these worlds: its name, whether it was reached, and what was measured."""
    checks = []
    for name in WORLDS:
        trials = season.of(name, policy)
        ratio, ads, total = by_day(trials)[judged(name)], inside(trials), total_inside(trials)
        checks.append((f"{name}, stated/true", RATIO[0] <= ratio.min() and ratio.max() <= RATIO[1], f"{RATIO[0]} to {RATIO[1]} on each day; measured {ratio.min():.2f} to {ratio.max():.2f}"))  # fmt: skip
        checks.append((f"{name}, intervals of ads", ADS[0] <= ads <= ADS[1], f"hold {ADS[0]:.0%} to {ADS[1]:.0%}; measured {ads:.1%}"))  # fmt: skip
        checks.append((f"{name}, intervals of the sum", TOTAL[0] <= total <= TOTAL[1], f"hold {TOTAL[0]:.0%} to {TOTAL[1]:.0%}; measured {total:.1%}"))  # fmt: skip
        if SCENARIOS[name].upset.startswith("collapse"):
            half, fifth = (max(days_to(trial, part) for trial in trials) for part in (HALF, FIFTH))
            checks.append((f"{name}, half of the budget gone", half <= DAYS_TO_HALF, f"within {DAYS_TO_HALF} days on each seed; measured {_days(trials, HALF)}"))  # fmt: skip
            checks.append((f"{name}, a fifth left", fifth <= DAYS_TO_FIFTH, f"within {DAYS_TO_FIFTH} days on each seed; measured {_days(trials, FIFTH)}"))  # fmt: skip
        checks.append((f"{name}, false alarms", alarms(trials) <= ALARMS, f"at most {ALARMS:g} in 1,000 ad-days; measured {alarms(trials):.2f}"))  # fmt: skip
    return checks


def by_day(trials: list[Trial]) -> np.ndarray:
    """The median over seeds of stated/true, by day."""
    return np.exp(np.median(np.log([np.maximum(trial.forecast, 1e-9) for trial in trials]), axis=0))


def judged(name: str) -> np.ndarray:
    """The evaluated days without those on which all demand has just changed."""
    scenario = SCENARIOS[name]
    days = np.arange(scenario.days)
    if scenario.upset not in ("demand", "visits"):
        return days >= 0
    since = days - scenario.upset_day
    return ~(((since >= 0) & (since < UNKNOWABLE)) | ((since >= WEEK) & (since < WEEK + UNKNOWABLE)))


def inside(trials: list[Trial]) -> float:
    return sum(trial.inside for trial in trials) / sum(trial.stated for trial in trials)


def total_inside(trials: list[Trial]) -> float:
    return float(np.mean([trial.total_held for trial in trials]))


def taken_back(trials: list[Trial]) -> float:
    return sum(trial.taken_back for trial in trials) / max(sum(trial.moved for trial in trials), 1e-9)


def alarms(trials: list[Trial]) -> float:
    return 1000 * sum(trial.alarms for trial in trials) / sum(trial.stated for trial in trials)


def days_to(trial: Trial, part: float) -> int:
    """How many days after the one on which it broke a budget was at most this part of the one before."""
    budget = np.array(trial.victims)
    reached = np.flatnonzero(budget[1:] <= part * budget[0])
    return int(reached[0]) if len(reached) else NEVER


def _near(trials: list[Trial], name: str) -> float:
    ratio = np.array([trial.forecast for trial in trials])[:, judged(name)]
    return float(((ratio >= RATIO[0]) & (ratio <= RATIO[1])).mean())


def _days(trials: list[Trial], part: float) -> str:
    if not all(trial.victims for trial in trials):
        return ""
    days = sorted(days_to(trial, part) for trial in trials)
    if days[0] == NEVER:
        return "never"
    return f"{days[0]} to {'never' if days[-1] == NEVER else days[-1]}"
