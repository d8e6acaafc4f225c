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

PLANS, PROCESSES, WORKERS = 1000, 2, 4
"""Tokens of a process that are worked on at the same time."""
TEAMS = (1, 1, 1, 1, 2, 2, 3, 5, 9)
"""How many accounts the tokens of a process have: a business has one token for all that it holds. Each process has a market of its own."""
ALONE = 1 / 4
"""Part of the plans that the other client carries out too."""
MANY = 10**6
ANY = (1, MANY)
OF_A_TOKEN = ((1, 1), (2, 3), (5, 9), ANY)
SIZES = ((1, 9), (10, 19), (20, 79), (80, MANY))
"""Budgets of an account that has its token for itself."""


def run() -> None:
    """PLANS=100 in the environment plays fewer."""
    plans = int(os.environ.get("PLANS", PLANS))
    rounds = max(round(plans / sum(TEAMS) / PROCESSES), 1)
    with ProcessPoolExecutor(PROCESSES, get_context("spawn"), initializer=django.setup) as pool:
        one = partial(play, teams=TEAMS, workers=WORKERS)
        played = _together(pool, partial(one, rounds))
        alone = _together(pool, partial(one, max(round(rounds * ALONE), 1), carrying_out=carry_out_one_by_one))
    _print_proof(played)
    _print_calls(played, alone)


def _together(pool: ProcessPoolExecutor, one: partial[Played]) -> Played:
    parts = [pool.submit(one, seed=seed) for seed in range(1, PROCESSES + 1)]
    return sum((part.result() for part in parts), start=Played())


def _print_proof(played: Played) -> None:
    told, ended = played.told, played.ended
    accounts = sum(count for count, *_ in played.calls)
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
    heads = ["tokens", "accounts", "budgets", "sent a round", "one by one", "calls", "saved", "fewest", "would save"]
    print_table(["accounts of a token", *heads], [_saved(played, alone, between) for between in OF_A_TOKEN])
    print_table(["budgets, one account", *heads], [_saved(played, alone, (1, 1), size) for size in SIZES])
    print(
        "sent: budgets that a round of plans wrote. one by one: measured, per budget sent, a client that reads, writes and where it must\n"
        "reads back each alone, with the same faults. calls: all of Stratum's. fewest: one reading a round and as many batches as the\n"
        "campaigns force, if nothing went wrong.\n"
    )
    print_table(
        ["calls a round", *KINDS, "of them failed", "writes tried / sent"],
        [_kinds(played, between) for between in OF_A_TOKEN],
    )


def _found(played: Played, between: tuple[int, int], size: tuple[int, int]) -> tuple[list[int], Counter[str]]:
    """Of the tokens with so many accounts and budgets: how many tokens, accounts and budgets, and where their calls went."""
    rows = [
        (accounts, budgets, calls)
        for accounts, budgets, calls in played.calls
        if between[0] <= accounts <= between[1] and size[0] <= budgets <= size[1]
    ]
    counts = [len(rows), sum(accounts for accounts, *_ in rows), sum(budgets for _, budgets, _ in rows)]
    return counts, sum((calls for *_, calls in rows), start=Counter())


def _name(between: tuple[int, int]) -> str:
    low, high = between
    return (
        "all"
        if between == ANY
        else f"{low}"
        if low == high
        else f"{low} and more"
        if high >= MANY
        else f"{low} to {high}"
    )


def _saved(played: Played, alone: Played, between: tuple[int, int], size: tuple[int, int] = ANY) -> list[str]:
    counts, found = _found(played, between, size)
    _, of_the_other = _found(alone, between, size)
    one_by_one = of_the_other["calls"] / max(of_the_other["sent"], 1) * found["sent"]
    return [
        _name(between if size == ANY else size),
        *(f"{count:,}" for count in counts),
        f"{found['sent'] / max(found['rounds'], 1):.1f}",
        f"{one_by_one:,.0f}",
        f"{found['calls']:,}",
        f"{one_by_one / max(found['calls'], 1):.1f} ×",
        f"{found['fewest']:,}",
        f"{one_by_one / max(found['fewest'], 1):.1f} ×",
    ]


def _kinds(played: Played, between: tuple[int, int]) -> list[str]:
    _, found = _found(played, between, ANY)
    told = [f"{found[kind] / max(found['rounds'], 1):.2f}" for kind in (*KINDS, "failed")]
    return [_name(between), *told, f"{found['tried'] / max(found['sent'], 1):.2f}"]
