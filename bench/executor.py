"""A thousand random plans on random accounts, over HTTP, with one call or item in five going wrong: does a guardrail ever break?

And how many calls does it take, beside a client that was run on a part of the same plans and calls for each budget alone?
"""

from __future__ import annotations

import os
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

import django

from bench.execution import judge
from bench.execution.calls import KINDS
from bench.execution.one_by_one import carry_out_one_by_one
from bench.execution.plays import Played, play
from bench.table import print_table

PLANS, PROCESSES, ACCOUNTS, WORKERS = 1000, 2, 25, 4
"""Accounts of a process with a market of its own, and plans that it carries out side by side."""
ALONE = 1 / 4
"""Part of the plans that the other client carries out too."""
SIZES = ((1, 10), (10, 20), (20, 80), (80, 1000), (1, 1000))


def run() -> None:
    """PLANS=100 in the environment plays fewer."""
    plans = int(os.environ.get("PLANS", PLANS))
    accounts = min(ACCOUNTS, max(plans // 10 // PROCESSES, 1))
    rounds = plans // accounts // PROCESSES
    with ProcessPoolExecutor(PROCESSES, get_context("spawn"), initializer=django.setup) as pool:
        one = partial(play, accounts=accounts, workers=WORKERS)
        played = _together(pool, partial(one, rounds))
        alone = _together(pool, partial(one, round(rounds * ALONE), carrying_out=carry_out_one_by_one))
    _print_proof(played, accounts * PROCESSES)
    _print_calls(played, alone)


def _together(pool: ProcessPoolExecutor, one: partial[Played]) -> Played:
    parts = [pool.submit(one, seed=seed) for seed in range(1, PROCESSES + 1)]
    return sum((part.result() for part in parts), start=Played())


def _print_proof(played: Played, accounts: int) -> None:
    told, ended = played.told, played.ended
    print(f"{told['plans']:,} plans on {accounts} accounts, {told['changes']:,} changes, {played.seconds:,.0f} s\n")
    print_table(["what may never happen", "times"], [[name, f"{played.broken[name]:,}"] for name in judge.BROKEN])
    print_table(["changes that ended", "number"], [[name, f"{n:,}"] for name, n in ended.most_common()])
    print(
        f"undone: {told['undone']:,} of {told['undo asked for']:,} asked for, {told['undone and restored']:,} stand where they stood."
    )
    print(
        f"overtaken: {told['overtaken']:,} writes met a person's edit made after the budget was read; Meta knows no compare-and-set.\n"
    )


def _print_calls(played: Played, alone: Played) -> None:
    print_table(
        [
            "budgets of an account",
            "accounts",
            "sent a plan",
            "one by one",
            "calls",
            "saved",
            "fewest",
            "would save",
            "at 10 ×",
            "could be",
        ],
        [_saved(played, alone, low, high) for low, high in SIZES],
    )
    print(
        "sent: budgets that a plan wrote. one by one: measured, per budget sent, a client that reads, writes and where it must reads back\n"
        "each alone, with the same faults. calls: all of Stratum's. fewest: one reading a plan and as many batches as its campaigns\n"
        "force, if nothing went wrong. at 10 ×: accounts that saved as much, and that could with the fewest calls.\n"
    )
    print_table(
        ["calls a plan", *KINDS, "of them failed", "writes tried / sent"],
        [_kinds(played, low, high) for low, high in SIZES],
    )


def _of_size(played: Played, low: int, high: int) -> tuple[int, Counter[str]]:
    found = [calls for size, calls in played.calls if low <= size < high]
    return len(found), sum(found, start=Counter())


def _name(low: int, high: int) -> str:
    return "all" if (low, high) == (1, 1000) else f"{low} to {high - 1}" if high < 1000 else f"{low} and more"


def _saved(played: Played, alone: Played, low: int, high: int) -> list[str]:
    """`at 10 ×`: accounts that saved as much, and accounts that would with the fewest calls."""
    accounts, found = _of_size(played, low, high)
    own = [(_alone_each(alone, size) * calls["sent"], calls) for size, calls in played.calls if low <= size < high]
    each = sum(calls_alone for calls_alone, _ in own)
    return [
        _name(low, high),
        f"{accounts}",
        f"{found['sent'] / max(found['plans'], 1):.1f}",
        f"{each:,.0f}",
        f"{found['calls']:,}",
        f"{each / max(found['calls'], 1):.1f} ×",
        f"{found['fewest']:,}",
        f"{each / max(found['fewest'], 1):.1f} ×",
        *(f"{sum(one >= 10 * max(calls[by], 1) for one, calls in own)}" for by in ("calls", "fewest")),
    ]


def _alone_each(alone: Played, size: int) -> float:
    """Calls that the other client needed for a budget, in accounts of this size."""
    low, high = next((low, high) for low, high in SIZES if low <= size < high)
    _, found = _of_size(alone, low, high)
    return found["calls"] / max(found["sent"], 1)


def _kinds(played: Played, low: int, high: int) -> list[str]:
    _, found = _of_size(played, low, high)
    plans = max(found["plans"], 1)
    told = [f"{found[kind] / plans:.2f}" for kind in (*KINDS, "failed")]
    return [_name(low, high), *told, f"{found['tried'] / max(found['sent'], 1):.2f}"]
