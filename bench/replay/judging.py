"""The evaluator of splits that were not tried, judged where the truth is known: in the simulated market."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from bench.market.registry import make_policy
from bench.market.scenario import MIXED
from bench.replay.evaluator import AHEAD, Evaluator, within_ads
from bench.replay.replaying import AccountDay, account_days, kept, replayed
from bench.replay.simulated import KnownMarket, known_market
from bench.table import print_table

WARM_UP = 14
REPLAYED = replace(MIXED, name="replayed", ads=60, accounts=3, warm_up=WARM_UP, days=56, shock_day=28)
SEEDS = range(8)
JUDGED = ("own", "proportional to ROAS^1.5", "AdComB-Mean", "rules ±20 %", "equal split")


HEADS = ("true lift", "error, true elasticity", "error, learnt one", "error, day's own revenue alone", "error, had it looked back too")  # fmt: skip


def judge_evaluator(titles: Mapping[str, str]) -> None:
    """Prints its error for splits that policies really ask for, where spend strayed by chance and where it followed demand."""
    print(
        f"The evaluator, judged in the simulated market ({REPLAYED.ads} ads, {REPLAYED.accounts} accounts, {REPLAYED.days} days after {WARM_UP}, seeds {SEEDS.start}–{SEEDS.stop - 1}): the true lift over\n"
        "yesterday's split again, and the evaluator's error in points ± standard error over seeds.\n"
    )
    _judge("spend strayed by chance", titles, follows=0.0)
    _judge("spend followed demand", titles, follows=1.0)


def _judge(title: str, titles: Mapping[str, str], *, follows: float) -> None:
    lifts, learnt, true = np.empty((len(SEEDS), len(JUDGED), len(HEADS))), [], []
    for seed in SEEDS:
        market = known_market(REPLAYED, seed, follows=follows)
        days = account_days(market.panel, WARM_UP)
        learnt.append(within_ads(market.panel).value)
        true.append(_true_elasticity(market, days))
        for at, name in enumerate(JUDGED):
            plans = replayed(make_policy(name), market.panel, days, seed=seed)
            lifts[seed, at] = _lifts(market, days, plans, learnt[-1], true[-1])
    rows = []
    for at, name in enumerate(JUDGED):
        errors = (100 * (lifts[:, at, 1:] - lifts[:, at, :1])).T
        cells = (f"{column.mean():+.2f} ± {_error(column):.2f}" for column in errors)
        rows.append((titles.get(name, name), f"{lifts[:, at, 0].mean():+.2%}", *cells))
    print_table((title, *HEADS), rows)
    right = (lifts[:, :, 2].argmax(axis=1) == lifts[:, :, 0].argmax(axis=1)).sum()
    print(
        f"The true elasticity is {np.mean(true):.2f}; one such log teaches {np.mean(learnt):.2f} ± {np.std(learnt, ddof=1):.2f}. "
        f"With the learnt one it names the truly best of {len(JUDGED)} in {right} of {len(SEEDS)} markets.\n"
    )


def _lifts(
    market: KnownMarket, days: list[AccountDay], plans: list[np.ndarray], learnt: float, true: float
) -> tuple[float, ...]:
    def evaluator(b: float, ahead: int = AHEAD, behind: int = 0) -> Evaluator:
        return Evaluator(market.panel, np.full(market.panel.accounts, b), ahead, behind)

    valued_by = (market, evaluator(true), evaluator(learnt), evaluator(true, ahead=0), evaluator(true, behind=AHEAD))
    return tuple(
        sum(by.revenue(day, plan) for day, plan in zip(days, plans, strict=True))
        / sum(by.revenue(day, kept(day)) for day in days)
        - 1
        for by in valued_by
    )


def _true_elasticity(market: KnownMarket, days: list[AccountDay]) -> float:
    more, less = (sum(market.revenue(day, factor * day.spent) for day in days) for factor in (1.1, 0.9))
    return float(np.log(more / less) / np.log(1.1 / 0.9))


def _error(values: np.ndarray) -> float:
    return float(values.std(ddof=1) / np.sqrt(values.size))
