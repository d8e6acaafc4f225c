"""Is what Stratum states true? Ten seeds of the demo against the sandbox's truth, and a real file planned day by day.

SEEDS=1,2 in the environment runs a part.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

from bench.data_folder import DataMissing
from bench.honest.demo import Stated, play
from bench.honest.file_days import FileDay, plan_file
from bench.table import print_table
from bench.web import web_server

SEEDS = tuple(range(1, 11))
LEAST_INSIDE, MOST_TIMES = 0.75, 2.0
DEMO_INSIDE = (0.70, 0.90)
"""Of intervals said to hold four in five: what a hundred statements leave to chance."""


def run() -> None:
    seeds = [int(seed) for seed in os.environ.get("SEEDS", ",".join(map(str, SEEDS))).split(",")]
    judged: list[tuple[int, Stated, float]] = []
    with web_server() as port:
        for seed in seeds:
            began = time.perf_counter()
            judged += [(seed, stated, true) for stated, true in play(seed, f"http://127.0.0.1:{port}")]
            print(f"seed {seed}: {time.perf_counter() - began:.0f} s", flush=True)
    _print_demo(judged)
    try:
        _print_file(plan_file())
    except DataMissing as missing:
        print(f"The real file was not planned: {missing}\n")


def _print_demo(judged: Sequence[tuple[int, Stated, float]]) -> None:
    print(
        "\nReturn on spend that the pages stated, and what the same days' clicks had returned once their deals were closed:\n"
    )
    print_table(
        ["page", "seed", "from", "days", "stated", "80 % interval", "truth", "stated ÷ truth", "inside"],
        [_row(*one) for one in judged],
    )
    pages = list(dict.fromkeys(stated.page for _, stated, _ in judged))
    rows = [_summary(page, [(stated, true) for _, stated, true in judged if stated.page == page]) for page in pages]
    print_table(["page", "statements", "inside 80 %", "stated ÷ truth, all together"], rows)
    held = [_is_inside(stated, true) for _, stated, true in judged if stated.low is not None]
    share = sum(held) / len(held)
    low, high = DEMO_INSIDE
    _say(
        low <= share <= high,
        f"demo: {share:.0%} of {len(held)} intervals hold the truth, {low:.0%} to {high:.0%} wanted",
    )


def _is_inside(stated: Stated, true: float) -> bool:
    return stated.low is not None and stated.high is not None and stated.low <= true <= stated.high


def _row(seed: int, stated: Stated, true: float) -> list[str]:
    interval = "" if stated.low is None else f"{stated.low:.2f} to {stated.high:.2f}"
    inside = "" if stated.low is None else "yes" if _is_inside(stated, true) else "no"
    return [stated.page, str(seed), f"{stated.first}", str(stated.days), f"{stated.mean:.2f}", interval, f"{true:.2f}", _times(stated.mean, true), inside]  # fmt: skip


def _times(stated: float, true: float) -> str:
    """A day may have earned nothing."""
    return f"{stated / true:.2f}" if true > 0 else "–"


def _summary(page: str, told: Sequence[tuple[Stated, float]]) -> list[str]:
    held = [_is_inside(stated, true) for stated, true in told if stated.low is not None]
    times = sum(stated.mean for stated, _ in told) / sum(true for _, true in told)
    return [page, str(len(told)), f"{sum(held) / len(held):.0%}" if held else "–", f"{times:.2f}"]


def _print_file(days: Sequence[FileDay]) -> None:
    print("The online panel, a turn for each of its first days; seen is the return of the day after:\n")
    rows = [
        [f"{one.day}", f"{one.stated.mean:.1f}", f"{one.stated.low:.1f} to {one.stated.high:.1f}", f"{one.seen:.1f}", f"{one.times:.2f}", "yes" if one.inside else "no"]
        for one in days
    ]  # fmt: skip
    print_table(["day", "stated", "80 % interval", "seen", "stated ÷ seen", "inside"], rows)
    inside = sum(one.inside for one in days) / len(days)
    most = max(one.times for one in days)
    _say(inside >= LEAST_INSIDE, f"file: {inside:.0%} of {len(days)} days inside, {LEAST_INSIDE:.0%} wanted")
    _say(most <= MOST_TIMES, f"file: stated at most {most:.2f} times what was seen, {MOST_TIMES:g} allowed")


def _say(reached: bool, text: str) -> None:
    print(f"Target {'reached' if reached else 'MISSED'}, {text}.")
