"""The engine on real ad days: how it would have split each day's total, valued by a model that is not its own.

`POLICY`, comma-separated names as in the sampler's benchmark, replays those alone.
"""

from __future__ import annotations

import os
import warnings

import numpy as np

from bench.data_folder import DataMissing
from bench.market.registry import PEERS, make_policy
from bench.replay.evaluator import Elasticity, Evaluator, within_ads
from bench.replay.judging import WARM_UP, judge_evaluator
from bench.replay.online_ads import online_ads
from bench.replay.panel import Panel
from bench.replay.replaying import STEP, AccountDay, account_days, kept, replayed
from bench.replay.worth import BEST, Worth, worth_of
from bench.table import print_table

OWN, BARE = "own", "own vectors=False"
TITLES = {OWN: "Stratum", BARE: "Stratum, no creative vectors"}
YESTERDAY, ADVERTISER = "yesterday's split again", "the advertiser's own, that day"
ASSUMED = (0.65, 0.8, 1.0)
ONE_ORDER_IN, DRAWS = (30, 300, 3_000), 4


def run() -> None:
    warnings.simplefilter("ignore")
    judge_evaluator(TITLES)
    try:
        panel, campaigns = online_ads()
    except DataMissing as missing:
        print(f"Real days were not replayed: {missing}\n")
        return
    _replay(panel, campaigns)


def _replay(panel: Panel, campaigns: list[str]) -> None:
    days = account_days(panel, WARM_UP)
    names = os.environ["POLICY"].split(",") if "POLICY" in os.environ else [OWN, BARE, *PEERS]
    plans = {name: replayed(make_policy(name), panel, days, seed=0) for name in names}
    plans |= {YESTERDAY: [kept(day) for day in days], ADVERTISER: [day.spent for day in days]}
    elasticity = [within_ads(panel, account) for account in range(panel.accounts)]
    learnt = np.clip([one.value for one in elasticity], 0.3, 1.0)
    print(
        f"Real days: {len(days)} account days of {panel.accounts} campaigns, {sum(day.total for day in days):,.0f} spent; at most ±{STEP:.0%} off yesterday's split, scaled\n"
        "to the day's real total, and no ad stopped. Learnt from what really happened before; each day stands for itself.\n"
    )
    _print_elasticities(panel, days, campaigns, elasticity)
    by = {"as learnt": learnt} | {f"elasticity {b}": np.full(panel.accounts, b) for b in ASSUMED}
    worths = {title: worth_of(Evaluator(panel, b), days, plans) for title, b in by.items()}
    worths["own day alone"] = worth_of(Evaluator(panel, learnt, ahead=0), days, plans)
    _print_lifts(worths, names)
    _print_campaigns(worths["as learnt"], days, names, campaigns)
    _print_fewer_orders(panel, days, names, Evaluator(panel, learnt), plans)
    _say_what_it_cannot_tell(worths, names)


def _print_elasticities(
    panel: Panel, days: list[AccountDay], campaigns: list[str], elasticity: list[Elasticity]
) -> None:
    rows = []
    for account, name in enumerate(campaigns):
        own, one = [day for day in days if day.account == account], elasticity[account]
        spent, reach = sum(day.total for day in own), 1.96 * one.error
        earned = sum(panel.revenue[day.day, day.ads].sum() for day in own)
        ads = np.mean([len(day.ads) for day in own])
        learnt = f"{one.value:.2f} [{one.value - reach:.2f}, {one.value + reach:.2f}]"
        rows.append((name, len(own), f"{ads:.0f}", f"{spent:,.0f}", f"{earned:,.0f}", f"{earned / spent:.0f}", learnt))
    print_table(("campaign", "days", "ads a day", "spend", "sales", "return", "elasticity as learnt"), rows)


def _print_lifts(worths: dict[str, Worth], names: list[str]) -> None:
    first = worths["as learnt"]
    order = sorted([BEST, *names, ADVERTISER], key=lambda name: -first.lift(name, YESTERDAY))
    rows = []
    for name in order:
        cells = [_cell(worth, name, YESTERDAY) for worth in worths.values()]
        rows.append((TITLES.get(name, name), *cells, _cell(first, name, ADVERTISER) if name != ADVERTISER else ""))
    heads = (f"lift over {YESTERDAY}, 95 %", *worths, "as learnt, over the advertiser's own")
    print_table(heads, rows)


def _print_campaigns(worth: Worth, days: list[AccountDay], names: list[str], campaigns: list[str]) -> None:
    account = np.array([day.account for day in days])
    order = sorted([BEST, *names, ADVERTISER], key=lambda name: -worth.lift(name, YESTERDAY))
    rows = [
        (
            TITLES.get(name, name),
            *(f"{worth.lift(name, YESTERDAY, account == at):+.2%}" for at in range(len(campaigns))),
        )
        for name in order
    ]
    print_table(("by campaign, as learnt", *campaigns), rows)


def _print_fewer_orders(
    panel: Panel, days: list[AccountDay], names: list[str], evaluator: Evaluator, plans: dict[str, list[np.ndarray]]
) -> None:
    """The same days where policies are told of a random part of the orders, and are valued by all of them."""
    lifts, told = {}, {}
    again = {YESTERDAY: plans[YESTERDAY]}
    for every in ONE_ORDER_IN:
        worths, orders = [], []
        for seed in range(DRAWS):
            seen = panel.seen_through(1 / every, np.random.default_rng([every, seed]))
            orders.append(sum(len(seen.booked[day].ad_id) for day in range(panel.days)))
            own = {name: replayed(make_policy(name), seen, days, seed=seed) for name in names}
            worths.append(worth_of(evaluator, days, own | again))
        told[every] = f"{np.mean(orders):,.0f} orders told of"
        lifts[every] = {name: np.array([worth.lift(name, YESTERDAY) for worth in worths]) for name in names}
    print(
        f"The same where policies are told of a random part of the orders, valued by all of them: mean and range of {DRAWS} draws.\n"
    )
    order = sorted(names, key=lambda name: -lifts[ONE_ORDER_IN[-1]][name].mean())
    rows = [
        (TITLES.get(name, name), *(f"{found[name].mean():+.2%} ({found[name].min():+.1%} … {found[name].max():+.1%})" for found in lifts.values()))
        for name in order
    ]  # fmt: skip
    print_table((f"lift over {YESTERDAY}, as learnt", *told.values()), rows)


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
        "by chance, so that the elasticity is an assumption with a figure, not a measurement, one for all ads of a campaign, and intervals\n"
        "take it as given. The evaluator's curve is a power of spend, as the engine's is near today's budgets. Days stand apart: what a\n"
        "split would have taught, worn out or moved the next day is not in it. Sales are told on the day of the click, which spares\n"
        "everybody the wait. All orders of an ad and day are told at their mean.\n"
    )


def _cell(worth: Worth, name: str, over: str) -> str:
    low, high = worth.interval(name, over)
    return f"{worth.lift(name, over):+.1%} [{low:+.1%}, {high:+.1%}]"
