"""Processor time of a process and everything it started, from /proc: a share of the work, not of the wall clock."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


def parent_of(pid: int) -> int:
    return int(_fields(Path(f"/proc/{pid}/stat"))[1])


def tree_cpu_seconds(root: int) -> float:
    """User and system seconds. What ended children had used is counted by the parent that waited for them."""
    ticks: dict[int, int] = {}
    children: defaultdict[int, list[int]] = defaultdict(list)
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = _fields(stat)
        except (FileNotFoundError, ProcessLookupError):
            continue
        pid = int(stat.parent.name)
        children[int(fields[1])].append(pid)
        ticks[pid] = sum(int(field) for field in fields[11:15])
    tree = [root]
    for pid in tree:
        tree.extend(children[pid])
    return sum(ticks.get(pid, 0) for pid in tree) / TICK


def _fields(stat: Path) -> list[str]:
    """What follows the name, which may itself hold blanks and brackets: state, parent, … utime, stime, cutime, cstime."""
    return stat.read_text().rpartition(")")[2].split()


def process_cpu_seconds(pid: int) -> float:
    """User and system seconds of one process alone."""
    return sum(int(field) for field in _fields(Path(f"/proc/{pid}/stat"))[11:13]) / TICK
