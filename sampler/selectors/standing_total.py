"""What an account should spend a day, as it follows from its last plan and from what became of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sampler.domain import states
from sampler.models import Change, Plan
from sampler.selectors.budgets import BudgetHolder
from sampler.selectors.portfolios import JOINED, scope_of
from stratum.core.models import AdAccount

LET_THROUGH = (states.APPROVED, states.SENDING, states.UNKNOWN, states.APPLIED)
MOST_COUNTED_ON = 1_000


@dataclass(frozen=True)
class StandingTotal:
    """Minor units a day: `total`, and `own`, which is as much of it as a plan may place that is not made together with other accounts'.

    They differ where the total is a share of what joined accounts spend and the money has not come yet. `counts_on`: changes whose
    approval the total rests on, the newest last.
    """

    total: int
    own: int
    is_share: bool = False
    counts_on: tuple[int, ...] = ()


def standing_total(account: AdAccount, holders: Sequence[BudgetHolder]) -> StandingTotal:
    """The sum of the account's budgets, or the last plan's total while that plan stands.

    A plan whose raises were held back and whose cuts went out leaves the budgets lower than anybody wanted. As long as each budget is
    where that plan found it, or where a change put it since, the total of before still holds; a budget that a person set ends that.
    Another total than that one was only asked for: it holds as far as changes that lead there were approved, and as long as they stay so.
    """
    today = sum(holder.budget for holder in holders)
    anew = StandingTotal(today, today)
    last = Plan.objects.filter(account=account).order_by("-created_at", "-id").first()
    if last is None or "stood" not in last.inputs:
        return anew
    is_share, counts_on = last.inputs.get("is_share", False), last.inputs.get("counts_on", [])
    if (is_share and scope_of(account) != JOINED) or not _stand(counts_on) or not _is_untouched(last, holders):
        return anew
    stood, placed = last.inputs["stood"], last.inputs.get("placed", last.inputs["stood"])
    difference = last.total + sum(one["counted"] for one in last.inputs["left"]) - placed
    approved = _approved(last) if difference else {}
    total = placed + _as_far_as(difference, approved.values()) if approved else stood
    return StandingTotal(
        total, min(total, today) if is_share else total, is_share, (*counts_on, *approved)[-MOST_COUNTED_ON:]
    )


def _stand(counted_on: Sequence[int]) -> bool:
    """Whether none of these changes was rejected, undone or refused in the meantime."""
    return not counted_on or not Change.objects.filter(pk__in=counted_on).exclude(status__in=LET_THROUGH).exists()


def _is_untouched(last: Plan, holders: Sequence[BudgetHolder]) -> bool:
    found = {(one["kind"], one["id"]): one["budget"] for one in (*last.inputs["holders"], *last.inputs["left"])}
    put = _put_since(last.account_id, last.created_at)
    return len(found) == len(holders) and all(
        holder.budget in (found.get(holder.target), put.get(holder.target)) for holder in holders
    )


def _put_since(account_id: int, at: datetime) -> dict[tuple[str, int], int]:
    """Where changes put budgets since then, the latest of each."""
    applied = Change.objects.filter(account=account_id, status=states.APPLIED, applied_at__gte=at)
    rows = applied.order_by("applied_at", "id").values_list("target_kind", "ad_set_id", "campaign_id", "after")
    return {(kind, ad_set or campaign): after for kind, ad_set, campaign, after in rows}


def _approved(plan: Plan) -> dict[int, int]:
    """By how much each approved change of a plan moves its budget."""
    rows = Change.objects.filter(plan=plan, status__in=LET_THROUGH).order_by("id")
    return {pk: after - before for pk, before, after in rows.values_list("id", "before", "after")}


def _as_far_as(difference: int, steps: Collection[int]) -> int:
    """As much of a difference in total as the steps in that direction come to."""
    if difference > 0:
        return min(difference, sum(step for step in steps if step > 0))
    return max(difference, sum(step for step in steps if step < 0))
