"""How the account's policy would split a total now, inside the limits that a plan has, without storing anything."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sampler.actions.describe_change import described_changes
from sampler.actions.inspect_changes import holders_of
from sampler.actions.propose_plan import answered_with
from sampler.domain.findings import Finding, Severity
from sampler.domain.guardrails import inspect
from sampler.domain.split import Split
from sampler.models import Plan
from sampler.selectors.forecasts import Learnt
from sampler.selectors.guard import context_of, limits_in, proposal_of, surroundings_of
from sampler.selectors.questions import Question
from stratum.core.money import to_major


@dataclass(frozen=True)
class SplitPreview:
    """`budgets` by holder's key, minor units, those that stay as they are among them; empty where no split is possible.

    `forbidden`: why this total may not be proposed now, a sentence; empty where it may. `held`: by holder's key, the limit that its budget
    is at, or why its change would be blocked.
    """

    budgets: dict[int, int]
    forbidden: str
    held: dict[int, str]


def preview_split(
    question: Question | None, known: Learnt, *, total: int | None, seed: int, now: datetime
) -> SplitPreview:
    """`total` of all the question's budgets, minor units, those that are left out among them; None: what stands."""
    if question is None:
        return SplitPreview({}, "No budget may move now.", {})
    one = question if total is None else replace(question, total=total - question.kept)
    if out := _out_of_reach(one):
        return SplitPreview({}, out, {})
    narrowed, split = answered_with(one, known, seed=seed)
    left = {left.holder.key: left.counted for left in question.left}
    budgets = {holder.key: after for holder, after in zip(one.holders, split.after, strict=True)} | left
    blocked = _blocked(one, split, now)
    wide = _account_wide(blocked)
    held = _at_limits(narrowed, split) | {key: finding.sentence for key, finding in blocked.items()}
    return SplitPreview(budgets, wide, held)


def _out_of_reach(question: Question) -> str:
    """Where steps, floors and ceilings do not let the budgets come to the total: how far they go."""
    account, unit = question.account, question.unit
    low, high = (unit * sum(getattr(bound, side) for bound in question.bounds) for side in ("low", "high"))
    stay = f" {len(question.left)} budgets stay as they are." if question.left else ""
    if question.total > high + unit:
        return f"The limits allow at most {_money(question, high)} a day now: budgets rise by {100 * question.rules.step_up:.0f} % at once.{stay}"
    if question.total < low - unit:
        return f"The limits allow no less than {_money(question, low)} a day now: budgets fall by {100 * question.rules.step_down:.0f} % at once.{stay}"
    return "" if account.currency == account.workspace.currency else "Revenue is counted in another currency."


def _money(question: Question, minor: int) -> str:
    return f"{to_major(minor + question.kept, question.account.currency):,} {question.account.currency}"


def _blocked(question: Question, split: Split, now: datetime) -> dict[int, Finding]:
    """By holder's key, the first guardrail that would stop its change."""
    account = question.account
    plan = Plan(workspace_id=account.workspace_id, account=account, day=question.day, currency=account.currency, pk=0)
    changes = described_changes(plan, question.holders, split, now=now)
    keys = [holder.key for holder, after in zip(question.holders, split.after, strict=True) if after != holder.budget]
    for number, change in enumerate(changes, 1):
        change.pk, change.account = -number, account
    holders, around = holders_of(account, changes, now), surroundings_of(account, changes, now=now)
    limits, found = limits_in(question.rules), {}
    for key, change in zip(keys, changes, strict=True):
        findings = inspect(proposal_of(change), limits, context_of(change, holders[change.pk], around, now=now))
        if stopped := next((finding for finding in findings if finding.severity == Severity.BLOCK), None):
            found[key] = stopped
    return found


ACCOUNT_WIDE = ("above_cap", "untold_budget", "stale_data", "unverified_revenue", "model_in_doubt", "wrong_currency")


def _account_wide(blocked: dict[int, Finding]) -> str:
    """The first that stops raises or all changes alike: the plan could not come to its total."""
    return next((finding.sentence for finding in blocked.values() if finding.check in ACCOUNT_WIDE), "")


def _at_limits(question: Question, split: Split) -> dict[int, str]:
    """By holder's key, which limit its budget is at, half a sentence."""
    held = {left.holder.key: "it was changed lately, or a change of it is in hand" for left in question.left}
    rules, unit = question.rules, question.unit
    for holder, bound, after in zip(question.holders, question.bounds, split.after, strict=True):
        if holder.key in question.rejected:
            held[holder.key] = "a person rejected this move within the last 7 days"
        elif holder.key in question.learning and after == holder.budget:
            held[holder.key] = "it is new and still learning"
        elif after >= bound.high * unit > holder.budget:
            at_ceiling = rules.ceiling is not None and after + unit > rules.ceiling
            held[holder.key] = "its ceiling" if at_ceiling else f"the step of +{100 * rules.step_up:.0f} %"
        elif after <= bound.low * unit < holder.budget:
            at_floor = after - unit < max(rules.floor, question.account.minimum_budget)
            held[holder.key] = "its floor" if at_floor else f"the step of −{100 * rules.step_down:.0f} %"
    return held
