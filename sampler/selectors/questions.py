"""What there is to split: an account's budgets that may move, how far, and what is known of their ads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import QuerySet

from sampler.domain import states
from sampler.domain.belief import Belief
from sampler.domain.boosts import Boost
from sampler.domain.budget_bounds import Bounds, Holder, StepLimits, all_bounds
from sampler.models import AccountLimits, Change
from sampler.selectors.beliefs import beliefs_of
from sampler.selectors.boosts import boosts_of
from sampler.selectors.budgets import BudgetHolder, budget_holders, standing_total
from sampler.selectors.guard import TOOK_EFFECT, rules_of
from stratum.core.models import AdAccount
from stratum.core.periods import local_day
from stratum.platforms.meta_money import smallest_step

IN_HAND = (states.APPROVED, states.SENDING, states.UNKNOWN)


@dataclass(frozen=True)
class Question:
    """`total` in minor units of the account's currency, placed in whole `unit`s of them; `bounds` in units, in the holders' order.

    `kept`: minor units of the budgets that are left out, because a change of theirs is in hand or took effect a short while ago.
    """

    account: AdAccount
    day: date
    holders: Sequence[BudgetHolder]
    bounds: Sequence[Bounds]
    unit: int
    total: int
    kept: int
    beliefs: Mapping[int, Belief]
    boosts: Mapping[int, Sequence[Boost]]
    rules: AccountLimits
    in_hand: int
    """Budgets left out because a change of theirs is in hand."""
    resting: int
    """Budgets left out because they were changed less than their cool-down ago."""


def asked(account: AdAccount, *, day: date, total: int | None = None, now: datetime | None = None) -> Question | None:
    """`total` None: what stands (see `standing_total`). `now` leaves out what still cools down and would be blocked.

    None when nothing may move, or money is counted in another currency.
    """
    if account.currency != account.workspace.currency:
        return None
    rules, busy = rules_of(account), _busy_targets(account)
    resting = _resting_targets(account, rules, now) - busy if now else set()
    holders = budget_holders(account, day=day)
    free = [holder for holder in holders if holder.target not in busy | resting]
    if not free:
        return None
    ads = [ad for holder in free for ad in holder.ad_ids]
    beliefs = {ad: belief for ad, belief in beliefs_of(ads).items() if belief.as_of <= day.toordinal()}
    kept = sum(holder.budget for holder in holders) - sum(holder.budget for holder in free)
    wanted = standing_total(account, holders) if total is None else total
    unit = 1 if account.platform == AdAccount.Platform.IMPORT else smallest_step(account.currency)
    return Question(
        account=account,
        day=day,
        holders=free,
        bounds=all_bounds(
            [Holder(holder.key, holder.budget // unit, 0.0) for holder in free], _steps(account, rules, unit)
        ),
        unit=unit,
        total=wanted - kept,
        kept=kept,
        beliefs=beliefs,
        boosts=boosts_of(rules, ads),
        rules=rules,
        in_hand=len(busy),
        resting=sum(holder.target in resting for holder in holders),
    )


def mostly_resting(account: AdAccount, *, now: datetime) -> bool:
    """Whether more than half of the budgets were changed less than their cool-down ago: a plan made now would move little."""
    resting = _resting_targets(account, rules_of(account), now)
    holders = budget_holders(account, day=local_day(now, account.timezone)) if resting else []
    return sum(holder.target in resting for holder in holders) > len(holders) / 2


def why_nothing_may_move(account: AdAccount, *, day: date) -> str:
    """Half a sentence on why there is nothing to plan."""
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


def _busy_targets(account: AdAccount) -> set[tuple[str, int]]:
    return _targets(Change.objects.filter(account=account, status__in=IN_HAND))


def _resting_targets(account: AdAccount, rules: AccountLimits, now: datetime) -> set[tuple[str, int]]:
    since = now - timedelta(hours=rules.cooldown_hours)
    return _targets(Change.objects.filter(account=account, status__in=TOOK_EFFECT, applied_at__gt=since))


def _targets(changes: QuerySet[Change]) -> set[tuple[str, int]]:
    rows = changes.values_list("target_kind", "ad_set_id", "campaign_id")
    return {(kind, ad_set or campaign) for kind, ad_set, campaign in rows}
