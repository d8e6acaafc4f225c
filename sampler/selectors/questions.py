"""What there is to split: an account's budgets that may move, how far, and what is known of their ads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import numpy as np

from attribution.selectors import loading
from sampler.domain import AdRows, Limits, Portfolio, states
from sampler.domain.belief import Belief
from sampler.domain.boosts import Boost
from sampler.domain.budget_bounds import Bounds, Holder, StepLimits, all_bounds
from sampler.domain.learning_floors import spared
from sampler.domain.rejected_moves import RejectedMove, has_new_evidence, held
from sampler.domain.trifles import without_trifles
from sampler.models import AccountLimits, Change
from sampler.selectors.beliefs import beliefs_of
from sampler.selectors.boosts import boosts_of
from sampler.selectors.budgets import BudgetHolder, budget_holders
from sampler.selectors.guard import TOOK_EFFECT, rules_of
from sampler.selectors.rejections import rejected_moves
from sampler.selectors.standing_total import StandingTotal, standing_total
from stratum.core.models import AdAccount
from stratum.core.money import exponent
from stratum.core.periods import local_day
from stratum.platforms.meta_money import smallest_step

STANDING = Limits(step=0.0, floor=0.0, ceiling=None, launch=0.0)
IN_HAND = (states.APPROVED, states.SENDING, states.UNKNOWN)


@dataclass(frozen=True)
class LeftOut:
    """A budget that is not planned for. `counted`: minor units that it may come to, with a raise that is in hand."""

    holder: BudgetHolder
    counted: int


@dataclass(frozen=True)
class Question:
    """`total` in minor units of the account's currency, placed in whole `unit`s of them; `bounds` in units, in the holders' order.

    `standing`: what all budgets should come to until now. `left`: the budgets that are left out, because a change of theirs is in hand or took effect a short while ago.
    """

    account: AdAccount
    day: date
    holders: Sequence[BudgetHolder]
    bounds: Sequence[Bounds]
    unit: int
    total: int
    standing: StandingTotal
    left: Sequence[LeftOut]
    beliefs: Mapping[int, Belief]
    boosts: Mapping[int, Sequence[Boost]]
    rules: AccountLimits
    in_hand: int
    """Budgets left out because a change of theirs is in hand."""
    resting: int
    """Budgets left out because they were changed less than their cool-down ago."""
    rejected: Mapping[int, RejectedMove] = field(default_factory=dict)
    """By holder's key, a move that a person rejected within the last days."""
    learning: Mapping[int, float] = field(default_factory=dict)
    """By holder's key, the ordinal of the day before which a new budget is not cut; infinite where it has not spent yet."""

    @property
    def kept(self) -> int:
        """Minor units that the budgets that are left out may come to."""
        return sum(one.counted for one in self.left)


def asked(
    account: AdAccount, *, day: date, total: int | None = None, now: datetime | None = None, together: bool = False
) -> Question | None:
    """`total` None: what stands (see `standing_total`), all of it where accounts are asked `together`.

    `now` leaves out what still cools down and would be blocked.

    None when nothing may move, or money is counted in another currency.
    """
    if account.currency != account.workspace.currency:
        return None
    rules, busy = rules_of(account), _in_hand(account)
    resting = _resting_targets(account, rules, now) - busy.keys() if now else set()
    holders = budget_holders(account, day=day)
    out = busy.keys() | resting
    free = [holder for holder in holders if holder.target not in out]
    if not free:
        return None
    ads = [ad for holder in holders for ad in holder.ad_ids]
    beliefs = {ad: belief for ad, belief in beliefs_of(ads).items() if belief.as_of <= day.toordinal()}
    left = [LeftOut(one, max(one.budget, busy.get(one.target, 0))) for one in holders if one.target in out]
    standing = standing_total(account, holders)
    stood = standing.total if together else standing.own
    unit = 1 if account.platform == AdAccount.Platform.IMPORT else smallest_step(account.currency)
    return Question(
        account=account,
        day=day,
        holders=free,
        bounds=all_bounds(
            [Holder(holder.key, holder.budget // unit, 0.0) for holder in free], _steps(account, rules, unit)
        ),
        unit=unit,
        total=(stood if total is None else total) - sum(one.counted for one in left),
        standing=standing,
        left=left,
        beliefs=beliefs,
        boosts=boosts_of(rules, ads),
        rules=rules,
        in_hand=len(busy),
        resting=sum(holder.target in resting for holder in holders),
        rejected=rejected_moves(account, free, now) if now else {},
    )


def while_rejected(question: Question, portfolio: Portfolio) -> Question:
    """The same question without moves that a person rejected lately, as far as nothing new is known of their budgets."""
    if not question.rejected:
        return question
    minor, unit = 10 ** exponent(question.account.currency), question.unit
    spend = np.array([holder.budget for holder in question.holders]) / minor
    nothing = 0 * spend
    rows = AdRows(
        [holder.key for holder in question.holders], [question.account.pk] * len(spend), spend, nothing, nothing
    )
    today = portfolio.plan(question.day.toordinal(), float(spend.sum()), rows, STANDING)
    moves = [
        None if move is None or has_new_evidence(move, float(spend[i]), float(today.expected[i])) else move
        for i, move in enumerate(question.rejected.get(holder.key) for holder in question.holders)
    ]
    before = [holder.budget // unit for holder in question.holders]
    bounds, holds = held(question.bounds, before, moves, question.total // unit)
    kept = {
        holder.key: question.rejected[holder.key] for holder, does in zip(question.holders, holds, strict=True) if does
    }
    return replace(question, bounds=bounds, rejected=kept)


def while_learning(question: Question, portfolio: Portfolio) -> Question:
    """The same question, new budgets kept from being cut as far as the total allows."""
    keys, unit = [holder.key for holder in question.holders], question.unit
    accounts = [question.account.pk] * len(keys)
    until = portfolio.learning_until(keys, accounts, days=question.rules.learning_days).tolist()
    learning = {key: end for key, end in zip(keys, until, strict=True) if question.day.toordinal() < end}
    before = [holder.budget // unit for holder in question.holders]
    bounds = spared(question.bounds, before, [key in learning for key in keys], question.total // unit)
    return replace(question, bounds=bounds, learning=learning)


def worth_a_change(question: Question, units: Sequence[int]) -> list[int]:
    """A split in whole units, in the holders' order, without moves that are too small to be sent; see `without_trifles`."""
    return without_trifles(
        [holder.budget // question.unit for holder in question.holders],
        units,
        low=[bound.low for bound in question.bounds],
        high=[bound.high for bound in question.bounds],
        money=10 ** exponent(question.account.currency) / question.unit,
        keys=[holder.key for holder in question.holders],
    )


def mostly_resting(account: AdAccount, *, now: datetime) -> bool:
    """Whether more than half of the budgets were changed less than their cool-down ago: a plan made now would move little."""
    resting = _resting_targets(account, rules_of(account), now)
    holders = budget_holders(account, day=local_day(now, account.timezone)) if resting else []
    return sum(holder.target in resting for holder in holders) > len(holders) / 2


def why_nothing_may_move(account: AdAccount, *, day: date) -> str:
    """Half a sentence on why there is nothing to plan."""
    if sentence := loading(account).sentence:
        return f"{sentence[0].lower()}{sentence[1:].rstrip('.')}"
    own, counted = account.currency, account.workspace.currency
    if own != counted:
        return f"its budgets are in {own} and revenue is counted in {counted}"
    if not budget_holders(account, day=day):
        return "it holds no active daily budget"
    hours = rules_of(account).cooldown_hours
    return f"each budget has a change in hand, or was changed within the last {hours:g} hours"


def _steps(account: AdAccount, rules: AccountLimits, unit: int) -> StepLimits:
    ceiling = None if rules.ceiling is None else rules.ceiling // unit
    floor = max(-(-max(rules.floor, account.minimum_budget) // unit), 1)
    return StepLimits(rules.step_up, rules.step_down, floor=floor, ceiling=ceiling)


def _in_hand(account: AdAccount) -> dict[tuple[str, int], int]:
    """By target, the budget that a change in hand would set."""
    rows = Change.objects.filter(account=account, status__in=IN_HAND)
    return {
        (kind, ad_set or campaign): after
        for kind, ad_set, campaign, after in rows.values_list("target_kind", "ad_set_id", "campaign_id", "after")
    }


def _resting_targets(account: AdAccount, rules: AccountLimits, now: datetime) -> set[tuple[str, int]]:
    since = now - timedelta(hours=rules.cooldown_hours)
    recent = Change.objects.filter(account=account, status__in=TOOK_EFFECT, applied_at__gt=since)
    rows = recent.values_list("target_kind", "ad_set_id", "campaign_id")
    return {(kind, ad_set or campaign) for kind, ad_set, campaign in rows}
