"""A thousand random plans on random accounts, over HTTP, with one call or item in five going wrong: does a guardrail ever break?"""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

import django

from bench.execution import judge
from bench.execution.plays import Played, play
from bench.table import print_table

PLANS, PROCESSES, ACCOUNTS, WORKERS = 1000, 2, 25, 4
"""Accounts of a process with a market of its own, and plans that it carries out side by side."""
SIZES = ((1, 20), (20, 80), (80, 1000))


def run() -> None:
    """PLANS=100 in the environment plays fewer."""
    plans = int(os.environ.get("PLANS", PLANS))
    accounts = min(ACCOUNTS, max(plans // 10 // PROCESSES, 1))
    one = partial(play, plans // accounts // PROCESSES, accounts=accounts, workers=WORKERS)
    with ProcessPoolExecutor(PROCESSES, get_context("spawn"), initializer=django.setup) as pool:
        parts = [pool.submit(one, seed=seed) for seed in range(1, PROCESSES + 1)]
        played = sum((part.result() for part in parts), start=Played())
    accounts *= PROCESSES
    told, ended = played.told, played.ended
    print(f"{told['plans']:,} plans on {accounts} accounts, {told['changes']:,} changes, {played.seconds:,.0f} s\n")
    print_table(["what may never happen", "times"], [[name, f"{played.broken[name]:,}"] for name in judge.BROKEN])
    print_table(["changes that ended", "number"], [[name, f"{n:,}"] for name, n in ended.most_common()])
    print_table(
        ["budgets of an account", "written", "calls one by one", "calls", "saved", "writes a batch"],
        [_saved(played, low, high) for low, high in (*SIZES, (1, 1000))],
    )
    print(
        f"undone: {told['undone']:,} of {told['undo asked for']:,} asked for, {told['undone and restored']:,} stand where they stood."
    )
    print(
        f"overtaken: {told['overtaken']:,} writes met a person's edit made after the budget was read; Meta knows no compare-and-set."
    )
    print(
        "calls one by one: a read and a write for each written budget, and a read back for each whose outcome was unknown."
    )


def _saved(played: Played, low: int, high: int) -> list[str]:
    found = sum((calls for size, calls in played.calls if low <= size < high), start=judge.Counter())
    alone = 2 * found["items"] + found["unknown"]
    name = "all" if (low, high) == (1, 1000) else f"{low} to {high - 1}" if high < 1000 else f"{low} and more"
    return [
        name,
        f"{found['items']:,}",
        f"{alone:,}",
        f"{found['calls']:,}",
        f"{alone / max(found['calls'], 1):.1f} ×",
        f"{found['items'] / max(found['batches'], 1):.1f}",
    ]
