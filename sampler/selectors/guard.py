"""Rows as the guardrails want to see them."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import F, QuerySet, Sum
from django.db.models.functions import Abs

from attribution.selectors import reconciliation, revenue_freshness
from sampler.domain import states
from sampler.domain.proposal import Applied, Context, Limits, Proposal, Reach
from sampler.models import AccountLimits, Change
from sampler.selectors.budgets import BudgetHolder
from stratum.core.models import AdAccount, Workspace
from stratum.core.money import exponent

WEIGHED = (states.PROPOSED, states.INSPECTED, states.WAITING, states.APPROVED)
TOOK_EFFECT = (states.APPLIED, states.UNDONE)
GONE = (states.BLOCKED, states.REJECTED, states.SUPERSEDED)


def rules_of(account: AdAccount) -> AccountLimits:
    """What the account's people set, read once; the defaults, which have no cap and so allow no raise, where they set nothing."""
    return AccountLimits.objects.filter(account=account).first() or AccountLimits(account=account)


def limits_in(rules: AccountLimits) -> Limits:
    return Limits(**{field.name: getattr(rules, field.name) for field in fields(Limits)})


def limits_of(account: AdAccount) -> Limits:
    return limits_in(rules_of(account))


def proposal_of(change: Change) -> Proposal:
    return Proposal(
        before=change.before,
        after=change.after,
        currency=change.currency,
        expected=change.expected,
        clicks=change.evidence.get("clicks", 0.0),
        conversions=change.evidence.get("conversions", 0.0),
        undoes=change.undo_of_id is not None,
    )


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


def context_of(change: Change, holders: list[BudgetHolder], *, now: datetime, platform_minimum: int = 0) -> Context:
    day = change.plan.day if change.plan else None
    account = change.account
    return Context(
        now=judged_at(account, day, now),
        currency=account.currency,
        minor_per_major=10 ** exponent(account.currency),
        account_total=_total_with(change, holders),
        can_send=account.platform != AdAccount.Platform.IMPORT,
        is_rehearsal=account.dry_run or account.platform == AdAccount.Platform.IMPORT,
        platform_minimum=platform_minimum,
        history=_history(change),
        performance_at=performance_at(account, day, now),
        revenue_at=revenue_at(account, day, now),
        revenue_gap=_revenue_gap(account),
        reach=_reach(change, holders),
    )


def _revenue_gap(account: AdAccount) -> float:
    """What the CRM and the ledger do not agree on, of all revenue; none where revenue comes from elsewhere or was never compared."""
    if account.workspace.revenue_source != Workspace.RevenueSource.CRM:
        return 0.0
    agreement = reconciliation()
    verified = agreement.share_verified if agreement else None
    return 0.0 if verified is None else max(1.0 - float(verified), 0.0)


def _reach(change: Change, holders: list[BudgetHolder]) -> Reach:
    if change.plan_id is None:
        return Reach()
    siblings = Change.objects.filter(plan_id=change.plan_id).exclude(status__in=GONE)
    money = siblings.aggregate(moved=Sum(Abs(F("after") - F("before"))))["moved"] or 0
    took_effect = Change.objects.filter(account=change.account, status__in=TOOK_EFFECT, undo_of=None)
    return Reach(
        budgets=siblings.count() / max(len(holders), 1),
        money=money / max(sum(holder.budget for holder in holders), 1),
        is_first=not took_effect.exists(),
    )


def _history(change: Change) -> tuple[Applied, ...]:
    """Changes of this budget that took effect; one that was taken back stays, beside the change that took it back."""
    rows = Change.objects.filter(ad_set_id=change.ad_set_id, campaign_id=change.campaign_id, status__in=TOOK_EFFECT)
    return tuple(
        Applied(at, before)
        for at, before in rows.order_by("applied_at", "id").values_list("applied_at", "before")
        if at
    )


def _total_with(change: Change, holders: list[BudgetHolder]) -> int:
    """All budgets with this change, with every raise under way, and with the rest of its plan as far as it is weighed or rehearsed."""
    others = Change.objects.filter(account=change.account).exclude(pk=change.pk)
    under_way = others.filter(status__in=(states.SENDING, states.UNKNOWN), after__gt=F("before"))
    weighing = change.status in (states.PROPOSED, states.INSPECTED)
    # What was rehearsed has moved nothing on the platform; it counts among the rehearsed only.
    rehearsed = (states.REHEARSED,) if change.account.dry_run else ()
    counted = (*WEIGHED, *rehearsed) if weighing else rehearsed
    siblings = others.filter(plan_id=change.plan_id, status__in=counted) if change.plan_id else others.none()
    return (
        sum(holder.budget for holder in holders) + change.after - change.before + _moved(under_way) + _moved(siblings)
    )


def _moved(changes: QuerySet[Change]) -> int:
    return changes.aggregate(moved=Sum(F("after") - F("before")))["moved"] or 0
