"""Rows as the guardrails want to see them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from attribution.selectors import reconciliation, revenue_freshness
from sampler.domain import states
from sampler.domain.curve_reasons import curve_of
from sampler.domain.proposal import Applied, Context, Limits, Proposal, Reach, at_pace
from sampler.domain.spending_less import marginal
from sampler.models import AccountLimits, Change
from sampler.selectors.budgets import BudgetHolder, FixedBudgets, fixed_budgets
from sampler.selectors.model_health import doubts_of
from stratum.core.clock import pace
from stratum.core.models import AdAccount, Workspace
from stratum.core.money import exponent
from stratum.core.periods import local_day
from stratum.platforms.ads import overspend_factor

WEIGHED = (states.PROPOSED, states.INSPECTED, states.WAITING, states.APPROVED)
UNDER_WAY = (states.SENDING, states.UNKNOWN)
TOOK_EFFECT = (states.APPLIED, states.UNDONE)
GONE = (states.BLOCKED, states.REJECTED, states.SUPERSEDED)


def rules_of(account: AdAccount) -> AccountLimits:
    """What the account's people set, read once; the defaults, which have no cap and so allow no raise, where they set nothing."""
    return AccountLimits.objects.filter(account=account).first() or AccountLimits(account=account)


def limits_in(rules: AccountLimits) -> Limits:
    return at_pace(Limits(**{field.name: getattr(rules, field.name) for field in fields(Limits)}), pace())


def limits_of(account: AdAccount) -> Limits:
    return limits_in(rules_of(account))


def may_act_alone(rules: AccountLimits) -> bool:
    return rules.autonomy == AccountLimits.Autonomy.ACT_WITHIN_LIMITS


def proposal_of(change: Change) -> Proposal:
    return Proposal(
        before=change.before,
        after=change.after,
        currency=change.currency,
        expected=change.expected,
        clicks=change.evidence.get("clicks", 0.0),
        conversions=change.evidence.get("conversions", 0.0),
        marginal=_marginal(change),
        undoes=change.undo_of_id is not None,
        results=change.account.workspace.results,
    )


def _marginal(change: Change) -> float | None:
    curve = curve_of(change.curve)
    return None if curve is None else marginal(curve, change.after / 10 ** exponent(change.currency))


def judged_at(account: AdAccount, day: date | None, now: datetime) -> datetime:
    """The instant that ages of data count to: now, or for imported history the end of the plan's day."""
    if account.platform != AdAccount.Platform.IMPORT or day is None:
        return now
    return datetime.combine(day + timedelta(days=1), time.min, ZoneInfo(account.timezone))


def performance_at(account: AdAccount, day: date | None, now: datetime) -> datetime | None:
    """When ad performance was last read. A file that reaches the plan's day is as fresh as that day."""
    return (
        judged_at(account, day, now)
        if account.platform == AdAccount.Platform.IMPORT and day
        else account.insights_pulled_at
    )


def revenue_at(account: AdAccount, day: date | None, now: datetime) -> datetime | None:
    """When revenue was last heard of; where the platform's own conversion value counts as revenue, it comes with performance."""
    if account.workspace.revenue_source == Workspace.RevenueSource.PLATFORM:
        return performance_at(account, day, now)
    return revenue_freshness()


@dataclass(frozen=True)
class Surroundings:
    """What an account's changes are weighed against, read once for all of them.

    `beside`: every change of their plans, or under way in the account; those that are weighed are among them as the objects that were
    given, so that each is counted with the status that it has by then. `history` is by ad set and campaign, `revenue_at` by plan's day,
    `fixed` what is spent besides, from budgets that nobody here changes.
    """

    beside: tuple[Change, ...]
    history: Mapping[tuple[int | None, int | None], tuple[Applied, ...]]
    revenue_at: Mapping[date | None, datetime | None]
    revenue_gap: float
    doubts: tuple[str, ...]
    fixed: FixedBudgets
    is_first: bool


def surroundings_of(account: AdAccount, changes: Sequence[Change], *, now: datetime) -> Surroundings:
    took_effect = Change.objects.filter(account=account, status__in=TOOK_EFFECT)
    return Surroundings(
        beside=(*changes, *_others(account, changes)),
        history=_histories(took_effect, changes),
        revenue_at={day: revenue_at(account, day, now) for day in {_day_of(change) for change in changes}},
        revenue_gap=_revenue_gap(account),
        doubts=doubts_of(account, now=now),
        fixed=fixed_budgets(account),
        is_first=not took_effect.filter(undo_of=None).exists(),
    )


def _others(account: AdAccount, changes: Sequence[Change]) -> QuerySet[Change]:
    plans = {change.plan_id for change in changes} - {None}
    theirs = Change.objects.filter(Q(plan_id__in=plans) | Q(status__in=UNDER_WAY), account=account)
    counted = theirs.exclude(status__in=GONE).exclude(pk__in=[change.pk for change in changes])
    return counted.only("plan_id", "status", "before", "after")


def _histories(
    took_effect: QuerySet[Change], changes: Sequence[Change]
) -> dict[tuple[int | None, int | None], tuple[Applied, ...]]:
    """Changes of these budgets that took effect; one that was taken back stays, beside the change that took it back."""
    ad_sets, campaigns = ({getattr(one, of) for one in changes} - {None} for of in ("ad_set_id", "campaign_id"))
    rows = took_effect.filter(Q(ad_set_id__in=ad_sets) | Q(campaign_id__in=campaigns), applied_at__isnull=False)
    found: defaultdict[tuple[int | None, int | None], list[Applied]] = defaultdict(list)
    told = rows.order_by("applied_at", "id").values_list("ad_set_id", "campaign_id", "applied_at", "before")
    for ad_set, campaign, at, before in told:
        found[ad_set, campaign].append(Applied(at, before))
    return {budget: tuple(applied) for budget, applied in found.items()}


def context_of(change: Change, holders: list[BudgetHolder], around: Surroundings, *, now: datetime) -> Context:
    day, account = _day_of(change), change.account
    from_file = account.platform == AdAccount.Platform.IMPORT
    return Context(
        now=judged_at(account, day, now),
        currency=account.currency,
        minor_per_major=10 ** exponent(account.currency),
        account_total=_total_with(change, holders, around),
        untold=around.fixed.untold,
        can_send=not from_file,
        is_rehearsal=account.dry_run or from_file,
        overspend_factor=overspend_factor(account),
        platform_minimum=account.minimum_budget,
        history=around.history.get((change.ad_set_id, change.campaign_id), ()),
        performance_at=performance_at(account, day, now),
        revenue_at=around.revenue_at[day],
        revenue_gap=around.revenue_gap,
        doubts=around.doubts,
        reach=_reach(change, holders, around),
        planned_for=None if from_file else day,
        today=local_day(now, account.timezone),
        most_days_late=max(pace(), 1.0),
    )


def _day_of(change: Change) -> date | None:
    return change.plan.day if change.plan else None


def _revenue_gap(account: AdAccount) -> float:
    """What the CRM and the ledger do not agree on, of all revenue; none where revenue comes from elsewhere or was never compared."""
    if account.workspace.revenue_source != Workspace.RevenueSource.CRM:
        return 0.0
    agreement = reconciliation()
    verified = agreement.share_verified if agreement else None
    return 0.0 if verified is None else max(1.0 - float(verified), 0.0)


def _reach(change: Change, holders: list[BudgetHolder], around: Surroundings) -> Reach:
    if change.plan_id is None:
        return Reach()
    siblings = [one for one in around.beside if one.plan_id == change.plan_id and one.status not in GONE]
    # Its own cuts, which stand by the time its raises are sent, do not make a plan any wider.
    moved = sum(one.after - one.before for one in siblings if one.status == states.APPLIED)
    stood = sum(holder.budget for holder in holders) - moved
    return Reach(
        budgets=len(siblings) / max(len(holders), 1),
        money=sum(abs(one.after - one.before) for one in siblings) / max(stood, 1),
        is_first=around.is_first,
    )


def _total_with(change: Change, holders: list[BudgetHolder], around: Surroundings) -> int:
    """All budgets, fixed ones too, with this change, with every raise under way, and with the rest of its plan as far as it is weighed or rehearsed."""
    weighing = change.status in (states.PROPOSED, states.INSPECTED, states.WAITING)
    # What was rehearsed has moved nothing on the platform; it counts among the rehearsed only.
    rehearsed = (states.REHEARSED,) if change.account.dry_run else ()
    counted = (*WEIGHED, *rehearsed) if weighing else rehearsed
    moved = sum(
        one.after - one.before
        for one in around.beside
        if one.pk != change.pk
        and (
            (one.status in UNDER_WAY and one.after > one.before)
            or (change.plan_id is not None and one.plan_id == change.plan_id and one.status in counted)
        )
    )
    return sum(holder.budget for holder in holders) + around.fixed.total + change.after - change.before + moved
