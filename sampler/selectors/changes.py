from __future__ import annotations

from decimal import Decimal

from django.db.models import Count, QuerySet

from sampler.domain import states
from sampler.domain.cards import ChangeCard, change_title
from sampler.domain.curve_reasons import curve_of
from sampler.domain.expected_return import Expected
from sampler.domain.findings import people_needed
from sampler.domain.reasons import Reason
from sampler.domain.seen_and_expected import Grounds
from sampler.models import Change
from sampler.selectors.approvals import approvals_of_people, findings_of, still_missing
from sampler.selectors.forecasts import return_of
from stratum.core.money import to_major
from stratum.core.paging import newest_first
from stratum.core.periods import local_day


def waiting_changes(*, account_id: int | None = None) -> list[ChangeCard]:
    """What waits for a person: what should add most revenue first, then the largest move of money."""
    rows = _with_names(Change.objects.filter(status=states.WAITING), account_id)
    return sorted(
        (card_of(row) for row in rows), key=lambda card: (-card.gain, -abs(card.after - card.before), card.id)
    )


def recent_changes(
    *,
    account_id: int | None = None,
    statuses: tuple[str, ...] = states.STATUSES,
    limit: int = 50,
    after: int | None = None,
) -> list[ChangeCard]:
    """The newest changes first, of any status unless `statuses` says which; `after`: those that come after this change."""
    rows = _with_names(Change.objects.filter(status__in=statuses), account_id)
    return [card_of(row) for row in newest_first(rows, limit=limit, after=after)]


def change_card(change_id: int) -> ChangeCard:
    """Change.DoesNotExist when this workspace has no such change."""
    return card_of(_with_names(Change.objects.all(), None).get(pk=change_id))


def count_by_status() -> dict[str, int]:
    """How many changes stand where; every status is named."""
    counted = dict(Change.objects.values_list("status").annotate(Count("id")).order_by("status"))
    return {status: counted.get(status, 0) for status in states.STATUSES}


def _with_names(rows: QuerySet[Change], account_id: int | None) -> QuerySet[Change]:
    rows = rows.select_related("account", "campaign", "ad_set", "plan").defer("plan__inputs")
    return rows if account_id is None else rows.filter(account_id=account_id)


def card_of(row: Change) -> ChangeCard:
    """The card of a row; cheapest with its account, campaign and ad set selected along."""
    before, after = to_major(row.before, row.currency), to_major(row.after, row.currency)
    step = row.after / row.before - 1 if row.before else 0.0
    findings = findings_of(row)
    of_two = row.status == states.WAITING and people_needed(findings, approvers=2) > 1
    day = row.plan.day if row.plan else local_day(row.created_at, row.account.timezone)
    approved_by = tuple(approval.by for approval in approvals_of_people(row)) if of_two else ()
    return ChangeCard(
        id=row.pk,
        title=change_title(
            row.target.name, f"{before:,}", f"{after:,}", row.currency, step, raised=row.after > row.before
        ),
        status=row.status,
        account_id=row.account_id,
        account_name=row.account.name,
        target_kind=row.target_kind,
        target_id=row.target.pk,
        target_name=row.target.name,
        before=before,
        after=after,
        currency=row.currency,
        step=step,
        because=tuple(Reason(**reason) for reason in row.reasons),
        expected=Expected(row.expected, row.low, row.high),
        gain=row.evidence.get("gain", 0.0),
        findings=findings,
        would_change_our_mind=row.would_change_our_mind,
        curve=curve_of(row.curve),
        price=row.curve["price"] if row.curve else None,
        created_at=row.created_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        comment=row.comment,
        sent_at=row.sent_at,
        applied_at=row.applied_at,
        outcome=row.outcome,
        plan_id=row.plan_id,
        undo_of=row.undo_of_id,
        approved_by=approved_by,
        people_missing=still_missing(row) if of_two else int(row.status == states.WAITING),
        can_be_decided=row.status == states.WAITING,
        can_be_undone=row.status == states.APPLIED,
        day=day,
        standing=_standing(row, before),
        grounds=Grounds(day, **row.evidence["grounds"]) if row.evidence.get("grounds") else None,
    )


def _standing(row: Change, before: Decimal) -> Expected | None:
    curve, drift = curve_of(row.curve), (row.curve or {}).get("drift")
    return None if curve is None or drift is None else return_of(curve, float(before), drift)
