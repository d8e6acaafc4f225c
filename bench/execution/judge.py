"""What the platform saw decides. The sandbox's log says what was asked of it, its edits say what took effect, and by whom."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bench.execution.calls import written
from stratum.sandbox import Sandbox
from stratum.sandbox.market.structure import Edit
from stratum.sandbox.web.log import Entry

STEP_UP, STEP_DOWN, A_HOUR, MOST_ITEMS, OVERSPEND = 0.20, 0.30, 4, 50, 1.25
MEANWHILE = "person meanwhile"
BROKEN = (
    "step too large",
    "above the cap",
    "below the floor",
    "more than 4 changes an hour",
    "more than 50 in a call",
    "two ad sets of a campaign in a call",
    "applied twice",
    "not ended",
    "books differ from the platform",
)
OVERTAKEN = "overtaken"


@dataclass
class AccountTruth:
    """What may be done to an account, in the platform's units. `standing` before all; `windows`: the first edit of each plan."""

    cap: float
    floor: float
    standing: dict[str, int]
    windows: list[int] = field(default_factory=list)
    undoing: set[int] = field(default_factory=set)
    """The windows in which a plan was taken back."""


def standing_budgets(sandbox: Sandbox, account_id: str) -> dict[str, int]:
    world = sandbox.world
    nodes = [*world.ad_sets.values(), *world.campaigns.values()]
    return {node.id: node.daily_budget for node in nodes if node.account_id == account_id and node.daily_budget}


def broken_by_edits(truth: AccountTruth, edits: Iterable[Edit]) -> Counter[str]:
    """Every budget that the API set, against the limits, in the order in which they took effect."""
    broken: Counter[str] = Counter()
    standing, window, ends = dict(truth.standing), 0, [*truth.windows[1:], float("inf")]
    set_by_us: Counter[tuple[int, str]] = Counter()
    times: dict[str, list[datetime]] = defaultdict(list)
    stood: dict[str, set[int]] = defaultdict(set)
    meanwhile: dict[str, int] = {}
    raced = 0
    for edit in edits:
        while edit.number >= ends[window]:
            window, meanwhile, raced = window + 1, {}, 0
        before, standing[edit.node_id] = standing[edit.node_id], int(edit.after)
        if edit.by != "api":
            if edit.by == MEANWHILE:
                meanwhile.setdefault(edit.node_id, before)
                raced += standing[edit.node_id] - before
            continue
        broken[OVERTAKEN] += edit.node_id in meanwhile
        seen = meanwhile.pop(edit.node_id, before)
        raced -= before - seen
        set_by_us[window, edit.node_id] += 1
        broken["applied twice"] += set_by_us[window, edit.node_id] > 1
        restores = window in truth.undoing and edit.after in stood[edit.node_id]
        broken["step too large"] += not (restores or -STEP_DOWN <= edit.after / seen - 1 <= STEP_UP)
        worst = (sum(standing.values()) - raced) * OVERSPEND
        broken["above the cap"] += edit.after > seen and worst > truth.cap
        broken["below the floor"] += edit.after < min(truth.floor, seen)
        times[edit.node_id].append(edit.at)
        within = [at for at in times[edit.node_id] if edit.at - at < timedelta(hours=1)]
        broken["more than 4 changes an hour"] += len(within) > A_HOUR
        stood[edit.node_id].add(seen)
    return broken


def broken_by_calls(log: Iterable[Entry], campaign_of: Mapping[str, str]) -> Counter[str]:
    broken: Counter[str] = Counter()
    for nodes in map(written, log):
        campaigns = [campaign_of[node] for node in nodes if node in campaign_of]
        broken["more than 50 in a call"] += len(nodes) > MOST_ITEMS
        broken["two ad sets of a campaign in a call"] += len(campaigns) > len(set(campaigns))
    return broken
