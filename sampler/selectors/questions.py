"""What there is to split: an account's budgets that may move, how far, and what is known of their ads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sampler.domain import states
from sampler.domain.belief import Belief
from sampler.domain.boosts import Boost
from sampler.domain.budget_bounds import Bounds, Holder, StepLimits, all_bounds
from sampler.models import AccountLimits, Change
from sampler.selectors.beliefs import beliefs_of
from sampler.selectors.boosts import boosts_of
from sampler.selectors.budgets import BudgetHolder, budget_holders, standing_total
from sampler.selectors.guard import rules_of
from stratum.core.models import AdAccount
from stratum.platforms.meta_money import smallest_step

IN_HAND = (states.APPROVED, states.SENDING, states.UNKNOWN)


@dataclass(frozen=True)
class Question:
    """`total` in minor units of the account's currency, placed in whole `unit`s of them; `bounds` in units, in the holders' order.

    `kept`: minor units of the budgets that are left out, because a change of theirs is in hand.
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
    skipped: int
    """Budgets left out because a change of theirs is in hand."""


def asked(account: AdAccount, *, day: date, total: int | None = None) -> Question | None:
    """`total` None: what stands (see `standing_total`). None when nothing may move, or money is counted in another currency."""
    if account.currency != account.workspace.currency:
        return None
    rules, busy = rules_of(account), _busy_targets(account)
    holders = budget_holders(account, day=day)
    free = [holder for holder in holders if holder.target not in busy]
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
        bounds=all_bounds([Holder(holder.key, holder.budget // unit, 0.0) for holder in free], _steps(rules, unit)),
        unit=unit,
        total=wanted - kept,
        kept=kept,
        beliefs=beliefs,
        boosts=boosts_of(rules, ads),
        rules=rules,
        skipped=len(busy),
    )


def _steps(rules: AccountLimits, unit: int) -> StepLimits:
    ceiling = None if rules.ceiling is None else rules.ceiling // unit
    return StepLimits(rules.step_up, rules.step_down, floor=max(-(-rules.floor // unit), 1), ceiling=ceiling)


def _busy_targets(account: AdAccount) -> set[tuple[str, int]]:
    rows = Change.objects.filter(account=account, status__in=IN_HAND).values_list(
        "target_kind", "ad_set_id", "campaign_id"
    )
    return {(kind, ad_set or campaign) for kind, ad_set, campaign in rows}
