"""Is it more than one person should decide?"""

from __future__ import annotations

from sampler.domain.findings import Finding, Severity
from sampler.domain.proposal import Context, Limits, Proposal

LARGE_IN_MAJOR = 500
"""Units of the account's currency a day: what `two_person_amount` is where nobody set it."""


def large_move(proposal: Proposal, limits: Limits, context: Context) -> Finding | None:
    """A cut risks no money, so one person may make it."""
    if not proposal.is_increase or context.is_rehearsal:
        return None
    most = limits.two_person_amount
    amount = LARGE_IN_MAJOR * context.minor_per_major if most is None else most
    if proposal.moved >= amount:
        return _two(
            "large_move",
            f"Moves {context.money(proposal.moved)} a day; from {context.money(amount)} on two people approve.",
        )
    if limits.daily_cap and proposal.moved > limits.two_person_share * limits.daily_cap:
        return _two(
            "large_move",
            f"Moves {context.money(proposal.moved)} a day, more than {limits.two_person_share:.0%} of the daily cap: two people approve.",
        )
    return None


def wide_plan(proposal: Proposal, limits: Limits, context: Context) -> Finding | None:
    """Many small moves can be as much as a large one; few budgets, or little money, is no wide plan."""
    reach = context.reach
    if context.is_rehearsal or proposal.undoes:
        return None
    if reach.budgets <= limits.plan_budgets or reach.money <= limits.plan_money:
        return None
    return _two(
        "wide_plan",
        f"Its plan changes {reach.budgets:.0%} of the budgets and moves {reach.money:.0%} of the money at once: two people approve.",
    )


def first_plan(proposal: Proposal, limits: Limits, context: Context) -> Finding | None:
    if context.is_rehearsal or proposal.undoes or not context.reach.is_first:
        return None
    return _two(
        "first_plan",
        "Nothing that Stratum planned for this account has taken effect yet: two people approve the first plan.",
    )


def _two(check: str, sentence: str) -> Finding:
    return Finding(check, Severity.TWO, sentence)
