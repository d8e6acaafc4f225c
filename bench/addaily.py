"""The engine on real ad days: how it would have split each day's total, valued by a model that is not its own.

`POLICY`, comma-separated names as in the sampler's benchmark, replays those alone.
"""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass, replace

import numpy as np

from bench.data_folder import DataMissing
from bench.market.registry import PEERS, make_policy
from bench.market.scenario import MIXED
from bench.replay.evaluator import AHEAD, Evaluator, within_ads
from bench.replay.online_ads import online_ads
from bench.replay.panel import Panel
from bench.replay.replaying import STEP, AccountDay, account_days, kept, replayed
from bench.replay.simulated import KnownMarket, known_market
from bench.table import print_table

OWN, BARE = "own", "own vectors=False"
TITLES = {OWN: "Stratum", BARE: "Stratum, no creative vectors"}
YESTERDAY, ADVERTISER = "yesterday's split again", "the advertiser's own, that day"
WARM_UP, WEEK, RESAMPLES = 14, 7, 2_000
ASSUMED = (0.65, 0.8, 1.0)
REPLAYED = replace(MIXED, name="replayed", ads=60, accounts=3, warm_up=WARM_UP, days=56, shock_day=28)
SEEDS = range(8)
JUDGED = (OWN, "proportional to ROAS^1.5", "AdComB-Mean", "rules ±20 %", "equal split")


@dataclass(frozen=True)
class Worth:
    """Revenue of splits by account day, (account days,)."""

    week: np.ndarray
    revenue: dict[str, np.ndarray]

    def lift(self, name: str, over: str, pick: np.ndarray | None = None) -> float:
        chosen = slice(None) if pick is None else pick
        return float(self.revenue[name][chosen].sum() / self.revenue[over][chosen].sum() - 1)

    def interval(self, name: str, over: str) -> tuple[float, float]:
        """95 % by drawing weeks of accounts with replacement (percentile bootstrap; Efron & Tibshirani 1993)."""
        rng, blocks = np.random.default_rng(0), np.unique(self.week)
        own, other = (
            np.array([self.revenue[which][self.week == block].sum() for block in blocks]) for which in (name, over)
        )
        drawn = rng.integers(len(blocks), size=(RESAMPLES, len(blocks)))
        low, high = np.quantile(own[drawn].sum(axis=1) / other[drawn].sum(axis=1) - 1, (0.025, 0.975))
        return float(low), float(high)


def run() -> None:
    warnings.simplefilter("ignore")
    _judge_evaluator()
    try:
        panel, campaigns = online_ads()
    except DataMissing as missing:
        print(f"Real days were not replayed: {missing}\n")
        return
    _replay(panel, campaigns)


def _judge_evaluator() -> None:
    """In the simulated market, where the truth is known: its error for splits that policies really ask for."""
    rows: dict[str, list[tuple[float, ...]]] = {name: [] for name in JUDGED}
    learnt, true = [], []
    for seed in SEEDS:
        market = known_market(REPLAYED, seed)
        days = account_days(market.panel, WARM_UP)
        learnt.append(within_ads(market.panel).value)
        true.append(_true_elasticity(market, days))
        for name in JUDGED:
            plans = replayed(make_policy(name), market.panel, days, seed=seed)
            rows[name].append(_lifts(market, days, plans, learnt[-1], true[-1]))
    print(
        f"The evaluator, judged in the simulated market ({REPLAYED.ads} ads, {REPLAYED.accounts} accounts, {REPLAYED.days} days after {WARM_UP}, seeds {SEEDS.start}–{SEEDS.stop - 1}), under an advertiser whose split\n"
        f"strays by chance. Lift over {YESTERDAY}, and the evaluator's error in points ± standard error over seeds. An elasticity of\n"
        f"{np.mean(true):.2f} is true there; {np.mean(learnt):.2f} ± {np.std(learnt, ddof=1):.2f} is what one such log teaches.\n"
    )
    heads = (
        "simulated",
        "true lift",
        "error, true elasticity",
        "error, learnt one",
        "error, day's own revenue alone",
        "error, had it looked back too",
    )
    table = []
    for name, found in rows.items():
        lifts = np.array(found)
        errors = [f"{100 * column.mean():+.2f} ± {100 * _error(column):.2f}" for column in (lifts[:, 1:].T - lifts[:, 0])]  # fmt: skip
        table.append((TITLES.get(name, name), f"{lifts[:, 0].mean():+.2%}", *errors))
    print_table(heads, table)
    found = {name: np.array(lifts) for name, lifts in rows.items()}
    right = [np.argmax([found[name][seed, 0] for name in JUDGED]) == np.argmax([found[name][seed, 1] for name in JUDGED]) for seed in SEEDS]  # fmt: skip
    print(f"It names the truly best of the {len(JUDGED)} in {sum(right)} of {len(right)} markets.\n")


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


def _replay(panel: Panel, campaigns: list[str]) -> None:
    days = account_days(panel, WARM_UP)
    names = os.environ["POLICY"].split(",") if "POLICY" in os.environ else [OWN, BARE, *PEERS]
    plans = {name: replayed(make_policy(name), panel, days, seed=0) for name in names}
    plans |= {YESTERDAY: [kept(day) for day in days], ADVERTISER: [day.spent for day in days]}
    elasticity = [within_ads(panel, account) for account in range(panel.accounts)]
    learnt = np.clip([one.value for one in elasticity], 0.3, 1.0)
    print(
        f"Real days: {len(days)} account days of {panel.accounts} campaigns, {sum(day.total for day in days):,.0f} spent; at most ±{STEP:.0%} off yesterday's split, scaled\n"
        "to the day's real total. Learnt from what really happened before; each day stands for itself.\n"
    )
    rows = []
    for account, name in enumerate(campaigns):
        own = [day for day in days if day.account == account]
        one = elasticity[account]
        rows.append((name, len(own), f"{np.mean([len(day.ads) for day in own]):.0f}", f"{sum(day.total for day in own):,.0f}", f"{sum(panel.revenue[day.day, day.ads].sum() for day in own) / sum(day.total for day in own):.0f}", f"{one.value:.2f} [{one.value - 1.96 * one.error:.2f}, {one.value + 1.96 * one.error:.2f}]", f"{learnt[account]:.2f}"))  # fmt: skip
    print_table(("campaign", "days", "ads a day", "spend", "return", "elasticity within ads and weeks", "used"), rows)
    by = {"as learnt": learnt} | {f"elasticity {b}": np.full(panel.accounts, b) for b in ASSUMED}
    worths = {title: _worth(Evaluator(panel, b), days, plans) for title, b in by.items()}
    worths["own day alone"] = _worth(Evaluator(panel, learnt, ahead=0), days, plans)
    _print_lifts(worths, names)
    _print_campaigns(worths["as learnt"], days, names, campaigns)
    _say_what_it_cannot_tell(worths, names)


def _worth(evaluator: Evaluator, days: list[AccountDay], plans: dict[str, list[np.ndarray]]) -> Worth:
    week = np.array([day.account * 1_000 + day.day // WEEK for day in days])
    return Worth(week, {name: np.array([evaluator.revenue(day, plan) for day, plan in zip(days, own, strict=True)]) for name, own in plans.items()})  # fmt: skip


def _print_lifts(worths: dict[str, Worth], names: list[str]) -> None:
    first = worths["as learnt"]
    order = sorted([*names, ADVERTISER], key=lambda name: -first.lift(name, YESTERDAY))
    rows = []
    for name in order:
        cells = [_cell(worth, name, YESTERDAY) for worth in worths.values()]
        rows.append((TITLES.get(name, name), *cells, _cell(first, name, ADVERTISER) if name != ADVERTISER else ""))
    heads = (f"lift over {YESTERDAY}, 95 %", *worths, "as learnt, over the advertiser's own")
    print_table(heads, rows)


def _print_campaigns(worth: Worth, days: list[AccountDay], names: list[str], campaigns: list[str]) -> None:
    account = np.array([day.account for day in days])
    order = sorted([*names, ADVERTISER], key=lambda name: -worth.lift(name, YESTERDAY))
    rows = [
        (
            TITLES.get(name, name),
            *(f"{worth.lift(name, YESTERDAY, account == at):+.2%}" for at in range(len(campaigns))),
        )
        for name in order
    ]
    print_table(("by campaign, as learnt", *campaigns), rows)


def _say_what_it_cannot_tell(worths: dict[str, Worth], names: list[str]) -> None:
    first = worths["as learnt"]
    if OWN in names and len(peers := [name for name in names if name in PEERS]):
        for title, worth in worths.items():
            best = max(peers, key=lambda name: worth.lift(name, YESTERDAY))
            print(f"Stratum over the best peer ({best}), {title}: {_cell(worth, OWN, best)}.")
        worse = sum(first.interval(OWN, peer)[0] > 0 for peer in peers)
        print(f"As learnt, it is above {worse} of {len(peers)} peers with an interval that leaves zero out.\n")
    print(
        "What these days cannot tell: they are one advertiser's, in three campaigns, of which one has nearly all of the revenue, so that\n"
        "intervals are over weeks and hold for no other account. Spend is clicks × a price per click: it followed demand and nobody set it\n"
        "by chance, so that the elasticity is an assumption with a figure, not a measurement; and it is one for all ads of a campaign. The\n"
        "evaluator's curve is a power of spend, as the engine's is near today's budgets. Days stand apart: what a split would have taught,\n"
        "worn out or moved the next day is not in it. Sales are told on the day of the click, which spares everybody the wait.\n"
    )


def _cell(worth: Worth, name: str, over: str) -> str:
    low, high = worth.interval(name, over)
    return f"{worth.lift(name, over):+.1%} [{low:+.1%}, {high:+.1%}]"


def _error(values: np.ndarray) -> float:
    return float(values.std(ddof=1) / np.sqrt(values.size))
