"""Is the budget itself within what was allowed?"""

from __future__ import annotations

from sampler.domain.findings import Finding, Severity
from sampler.domain.proposal import Context, Limits, Proposal

MOST_NAMED = 3


def above_cap(proposal: Proposal, limits: Limits, context: Context) -> Finding | None:
    """The account's daily cap holds even when the platform overspends each budget, so the sum counts with that factor."""
    if not proposal.is_increase:
        return None
    if limits.daily_cap is None and not context.can_send:
        return Finding(
            "above_cap", Severity.NOTE, "No daily cap is set. These budgets come from a file, so nothing can be sent."
        )
    if limits.daily_cap is None:
        return Finding(
            "above_cap", Severity.BLOCK, "This account has no daily cap yet: set one before anything may be raised."
        )
    worst = context.account_total * context.overspend_factor
    if worst <= limits.daily_cap:
        return None
    return Finding(
        "above_cap",
        Severity.BLOCK,
        f"All budgets together could spend {context.money(worst)} on a day ({context.money(context.account_total)} × {context.overspend_factor:g}), "
        f"more than the daily cap of {context.money(limits.daily_cap)}.",
    )


def untold_budget(proposal: Proposal, limits: Limits, context: Context) -> Finding | None:
    """Whether the cap holds cannot be seen where something spends and nobody can tell how much of it a day."""
    if not proposal.is_increase or not context.untold:
        return None
    named = ", ".join(context.untold[:MOST_NAMED]) + (" and others" if len(context.untold) > MOST_NAMED else "")
    return Finding(
        "untold_budget",
        Severity.BLOCK,
        f"The platform does not tell what a day of {named} may cost (no daily budget, no end), so the cap cannot be held and nothing is raised.",
    )


def below_floor(proposal: Proposal, limits: Limits, context: Context) -> Finding | None:
    """A budget already below the floor may rise towards it."""
    if proposal.after >= limits.floor or proposal.is_increase:
        return None
    return Finding(
        "below_floor",
        Severity.BLOCK,
        f"{context.money(proposal.after)} is below the floor of {context.money(limits.floor)}.",
    )


def above_ceiling(proposal: Proposal, limits: Limits, context: Context) -> Finding | None:
    """A budget already above the ceiling may come down towards it."""
    if limits.ceiling is None or proposal.after <= limits.ceiling or not proposal.is_increase:
        return None
    return Finding(
        "above_ceiling",
        Severity.BLOCK,
        f"{context.money(proposal.after)} is above the ceiling of {context.money(limits.ceiling)}.",
    )


def below_platform_minimum(proposal: Proposal, limits: Limits, context: Context) -> Finding | None:
    if proposal.after >= context.platform_minimum:
        return None
    least = context.money(context.platform_minimum)
    return Finding(
        "below_platform_minimum",
        Severity.BLOCK,
        f"{context.money(proposal.after)} is below the platform's minimum of {least}.",
    )
