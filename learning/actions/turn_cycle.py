from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import structlog

from attribution.actions.ads.pull_ad_performance import pull_ad_performance
from attribution.actions.crm.refresh_deals import refresh_due_deals
from attribution.selectors import loading
from learning.loops.portfolio_update import portfolio_update
from learning.loops.thompson_update import thompson_update
from sampler.actions.inspect_changes import inspect_changes
from sampler.actions.propose_plan import propose_plan
from sampler.actions.share_total import Share, share_total
from sampler.actions.write_portfolio import NotSound
from sampler.selectors import JOINED, planning_day, scope_of, why_nothing_may_move
from stratum.core.models import AdAccount, Workspace
from stratum.core.tenancy import in_workspace
from stratum.platforms.ads import PLATFORMS
from stratum.platforms.http import NoAnswer, Refused, TryLater

log = structlog.get_logger("stratum.learning")


@dataclass(frozen=True)
class AccountTurn:
    """What one account's turn came to: what was learnt, its plan, and how many changes went where."""

    account_id: int
    learnt: str
    plan_id: int | None
    changes: dict[str, int]
    sentence: str
    is_held: bool = False
    """Its history is still loading."""


@dataclass(frozen=True)
class CycleReport:
    accounts: list[AccountTurn]
    troubles: list[str] = field(default_factory=list)

    @property
    def learnt(self) -> str:
        """What was learnt in all accounts, a sentence each."""
        return " ".join(turn.learnt for turn in self.accounts) or "No ad performance yet."


def turn_cycle(
    workspace: Workspace,
    *,
    until: date | None,
    now: datetime,
    rng_seed: int,
    only: Collection[int] | None = None,
) -> CycleReport:
    """One turn of the loop: hear, learn, decide, guard. Sending is `sampler.tasks`' work.

    `only` names the ad accounts to turn; None: all of them. `until` is the last day that counts; None: today for a live account, the last day with data for an imported one. A platform
    that cannot be reached is a trouble of the report; the turn goes on with what is known, and the guardrails see its age.
    """
    with in_workspace(workspace):
        every = AdAccount.objects.order_by("id")
        accounts = list(every if only is None else every.filter(pk__in=only))
        troubles = list(_hear(workspace, accounts, now))
        days = [(account, planning_day(account, now, until)) for account in accounts]
        known = [(account, day) for account, day in days if day]
        troubles += _learn_budgets(known, now)
        learnt = {account.pk: thompson_update(account, until=day, now=now).sentence for account, day in known}
        shares = _shares(known, now, rng_seed)
        turns = [
            _turn(account, day, now, rng_seed, learnt[account.pk], shares.get(account.pk)) for account, day in known
        ]
        # An account whose history is still loading has not had its turn.
        turned = [turn.account_id for turn in turns if not turn.is_held]
        none = {account.pk for account in accounts} - {turn.account_id for turn in turns}
        AdAccount.objects.filter(pk__in=[*turned, *none]).update(turned_at=now)
        return CycleReport(turns, troubles)


def _hear(workspace: Workspace, accounts: list[AdAccount], now: datetime) -> Iterator[str]:
    for account in accounts:
        if account.platform not in PLATFORMS or not account.access_token:
            continue
        try:
            pull_ad_performance(account, now=now)
        except (NoAnswer, TryLater, Refused) as problem:
            log.warning("ad performance could not be read", account=account.pk, reason=str(problem))
            yield f"{account.name}: ad performance could not be read ({problem})."
    refresh_due_deals(workspace, now=now)


def _learn_budgets(accounts: list[tuple[AdAccount, date]], now: datetime) -> Iterator[str]:
    """All accounts of a scope together, whichever are due; a live day is not over, so that the day before is the last one.

    What cannot be learnt is a trouble; plans then go on from what was known.
    """
    for scope in sorted({scope_of(account) for account, _ in accounts}):
        own = [(account, day) for account, day in accounts if scope_of(account) == scope]
        live = own[0][0].platform != AdAccount.Platform.IMPORT
        together = [account for account in AdAccount.objects.order_by("id") if scope_of(account) == scope]
        until = min(day for _, day in own) - timedelta(days=1) if live else own[0][1]
        try:
            portfolio_update(scope, together, until=until, now=now)
        except NotSound as problem:
            log.error("budgets could not be learnt", scope=scope, reason=str(problem))
            yield f"Nothing new was learnt: {problem}."


def _shares(accounts: list[tuple[AdAccount, date]], now: datetime, seed: int) -> dict[int, Share]:
    """Money moves between joined accounts only while all of them turn: what one gives, another must take in the same turn."""
    joined = {account.pk: (account, day) for account, day in accounts if scope_of(account) == JOINED}
    others = AdAccount.objects.exclude(pk__in=joined).exclude(access_token="")
    if any(scope_of(other) == JOINED for other in others):
        return {}
    return share_total(list(joined.values()), now=now, seed=seed)


def _turn(
    account: AdAccount, day: date, now: datetime, seed: int, learnt: str, share: Share | None = None
) -> AccountTurn:
    read = loading()
    if account.platform in PLATFORMS and read.is_history:
        why = f"history is still loading, {read.percent} % is read"
        return AccountTurn(account.pk, learnt, None, {}, f"{account.name}: no plan, {why}.", is_held=True)
    plan = propose_plan(account, day=day, now=now, seed=seed, share=share)
    if plan is None:
        why = why_nothing_may_move(account, day=day)
        return AccountTurn(account.pk, learnt, None, {}, f"{account.name}: no budget may move, {why}.")
    changes = inspect_changes(account, now=now)
    went = ", ".join(f"{count} {status}" for status, count in sorted(changes.items())) or "no change"
    return AccountTurn(account.pk, learnt, plan.pk, changes, f"{account.name}: {plan.basis} {went}.")
