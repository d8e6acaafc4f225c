"""Plays random plans against the sandbox, account beside account, and lets the judge look at what became of them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
from django.conf import settings
from django.db import connection

from bench.execution import judge
from bench.execution.accounts import known_accounts, profiles
from bench.execution.calls import account_of, count_calls
from bench.execution.faults import add_faults
from bench.execution.plans import UNDER_WAY, budgets_of, carry_out, propose_random_plan, undo_plan
from sampler.domain import states
from sampler.models import AccountLimits, Change, Plan
from stratum.core.models import AdAccount
from stratum.core.tenancy import in_workspace
from stratum.platforms.meta_money import smallest_step
from stratum.sandbox import Sandbox, SandboxConfig
from stratum.sandbox.web.log import Entry

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
UNDO_EVERY = 5
"""Every fifth plan of an account takes the one before it back."""
HOURS = (0, 1, 0, 2, 7)
"""Between an account's plans, in turn."""
NEVER_ENDED, BOOKS = "not ended", "books differ from the platform"


CarryOut = Callable[..., None]
"""Takes accounts of one token, with a plan each, and `now`; ends when every change has."""


@dataclass
class Played:
    """`broken`: times that a rule of `judge.BROKEN` was. `calls`: of each token, its accounts, their budgets and where its calls went."""

    broken: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    calls: list[tuple[int, int, Counter[str]]] = field(default_factory=list)
    seconds: float = 0.0

    def __add__(self, other: Played) -> Played:
        return Played(
            self.broken + other.broken,
            self.ended + other.ended,
            self.told + other.told,
            self.calls + other.calls,
            max(self.seconds, other.seconds),
        )


@dataclass
class Player:
    """An account with what may be done to it."""

    account: AdAccount
    truth: judge.AccountTruth


@dataclass
class Team:
    """The accounts of one token."""

    players: list[Player]
    carry_out: CarryOut
    first_calls: list[int] = field(default_factory=list)
    """Where in the log the calls of each round begin."""


def play(
    rounds: int,
    *,
    teams: Sequence[int],
    workers: int,
    seed: int = 1,
    reads_fail: float = 0.05,
    carrying_out: CarryOut = carry_out,
) -> Played:
    """So many plans for each account. `teams`: how many accounts each token has. `workers` 0: one team after the other, in this thread."""
    rng = np.random.default_rng(seed)
    config = SandboxConfig(
        seed=seed,
        history_days=0,
        now=NOW.isoformat(),
        accounts=profiles(sum(teams), rng, seed),
        deliver_history=False,
        account_points=1e9,
    )
    before = settings.META_GRAPH_URL
    with Sandbox(config).start() as sandbox:
        settings.META_GRAPH_URL = sandbox.graph_url
        try:
            playing = [
                Team([Player(account, _truth(sandbox, account)) for account in accounts], carrying_out)
                for accounts in known_accounts(sandbox, teams, sandbox.now())
            ]
            add_faults(sandbox, of_reads=reads_fail)
            return _played(sandbox, playing, rounds, workers, rng)
        finally:
            settings.META_GRAPH_URL = before


def _played(sandbox: Sandbox, teams: list[Team], rounds: int, workers: int, rng: np.random.Generator) -> Played:
    played, began = Played(), time.perf_counter()
    for number in range(rounds):
        seeds = [int(one) for one in rng.integers(2**32, size=len(teams))]
        for told in _side_by_side(sandbox, teams, number, seeds, workers):
            played.told += told
        sandbox.advance(hours=HOURS[number % len(HOURS)])
    played.seconds = time.perf_counter() - began
    sandbox.faults.clear()
    _judge(sandbox, teams, played)
    return played


def _side_by_side(
    sandbox: Sandbox, teams: list[Team], number: int, seeds: list[int], workers: int
) -> list[Counter[str]]:
    def one(team: Team, seed: int) -> Counter[str]:
        with in_workspace(team.players[0].account.workspace_id):
            return _one_round(sandbox, team, number, np.random.default_rng(seed))

    def alone(team: Team, seed: int) -> Counter[str]:
        try:
            return one(team, seed)
        finally:
            connection.close()

    if not workers:
        return list(map(one, teams, seeds))
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(alone, teams, seeds))


def _truth(sandbox: Sandbox, account: AdAccount) -> judge.AccountTruth:
    with in_workspace(account.workspace_id):
        limits = AccountLimits.objects.get(account=account)
    unit = smallest_step(account.currency)
    return judge.AccountTruth(
        limits.daily_cap / unit, limits.floor / unit, judge.standing_budgets(sandbox, account.external_id)
    )


def _one_round(sandbox: Sandbox, team: Team, number: int, rng: np.random.Generator) -> Counter[str]:
    """A plan for each account of a token, carried out together."""
    now = sandbox.now()
    team.first_calls.append(len(sandbox.log.entries))
    told = Counter(plans=len(team.players), rounds=1)
    undone = [_one_plan(sandbox, player, number, rng, now, told) for player in team.players]
    team.carry_out([player.account for player in team.players], now=now)
    for player, plan in zip(team.players, undone, strict=True):
        if plan:
            told += _restored(sandbox, plan, player.truth.windows[-1])
    return told


def _one_plan(
    sandbox: Sandbox, player: Player, number: int, rng: np.random.Generator, now: datetime, told: Counter[str]
) -> Plan | None:
    """Drawn at random, or every few rounds the one before it is to be undone, which is returned."""
    account, undone = player.account, None
    AdAccount.objects.filter(pk=account.pk).update(insights_pulled_at=now)
    account.refresh_from_db()
    player.truth.windows.append(len(sandbox.world.edits) + 1)
    if number % UNDO_EVERY == UNDO_EVERY - 1:
        player.truth.undoing.add(len(player.truth.windows) - 1)
        undone = Plan.objects.filter(account=account).order_by("-id").first()
        told["undo asked for"] += undo_plan(undone, now=now)
    else:
        propose_random_plan(account, now=now, rng=rng)
    if rng.random() < 0.5:
        _somebody_edits(sandbox, account, rng)
    return undone


def _somebody_edits(sandbox: Sandbox, account: AdAccount, rng: np.random.Generator) -> None:
    """A person moves budgets, by up to half, after Stratum has planned and before it sends."""
    budgets = judge.standing_budgets(sandbox, account.external_id)
    for place in rng.integers(len(budgets), size=3):
        node = list(budgets)[int(place)]
        moved = round(budgets[node] * rng.uniform(0.8, 1.5)) + 1
        sandbox.perform("edit", {"id": node, "daily_budget": moved, "by": "person"})


def _restored(sandbox: Sandbox, plan: Plan, since: int) -> Counter[str]:
    """Of the changes whose undoing took effect: how many budgets stand where they stood, those that a person moved left out."""
    moved = {edit.node_id for edit in sandbox.world.edits[since - 1 :] if edit.by != "api"}
    standing = judge.standing_budgets(sandbox, plan.account.external_id)
    found: Counter[str] = Counter()
    for change in Change.objects.filter(plan=plan, status=states.UNDONE).select_related("ad_set", "campaign"):
        node = change.target.external_id
        if node not in moved:
            found["undone"] += 1
            found["undone and restored"] += standing[node] * smallest_step(change.currency) == change.before
    return found


def _judge(sandbox: Sandbox, teams: list[Team], played: Played) -> None:
    world, log = sandbox.world, sandbox.log.entries
    campaign_of = {one.id: one.campaign_id for one in world.ad_sets.values()}
    for team in teams:
        for player in team.players:
            _judge_account(sandbox, player, played)
        budgets = sum(len(player.truth.standing) for player in team.players)
        played.calls.append((len(team.players), budgets, count_calls(_round_by_round(log, team), campaign_of)))
    played.broken += judge.broken_by_calls(log[min(team.first_calls[0] for team in teams) :], campaign_of)


def _judge_account(sandbox: Sandbox, player: Player, played: Played) -> None:
    account, own = player.account, player.account.external_id
    edits = [edit for edit in sandbox.world.edits if edit.account_id == own and edit.field == "daily_budget"]
    broken = judge.broken_by_edits(player.truth, edits)
    played.told["overtaken"] += broken.pop(judge.OVERTAKEN, 0)
    played.broken += broken
    with in_workspace(account.workspace_id):
        ended = Counter(Change.objects.filter(account=account).values_list("status", flat=True))
        played.broken[BOOKS] += _differing(sandbox, account, edits)
    played.ended += ended
    played.told["changes"] += ended.total()
    played.broken[NEVER_ENDED] += sum(ended[status] for status in UNDER_WAY)


def _round_by_round(log: list[Entry], team: Team) -> list[list[Entry]]:
    """The calls for a token's accounts in each round."""
    own = {player.account.external_id for player in team.players}
    return [
        [entry for entry in log[start:end] if account_of(entry) in own]
        for start, end in pairwise([*team.first_calls, len(log)])
    ]


def _differing(sandbox: Sandbox, account: AdAccount, edits: list[judge.Edit]) -> int:
    """Budgets that stand otherwise than Stratum believes, although nobody else was the last to set them."""
    last = {edit.node_id: edit.by for edit in edits}
    standing, unit = judge.standing_budgets(sandbox, account.external_id), smallest_step(account.currency)
    return sum(
        last.get(target.external_id) == "api" and standing[target.external_id] * unit != target.daily_budget
        for target in budgets_of(account)
    )
