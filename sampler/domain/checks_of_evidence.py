"""Is the proposal made of sound and fresh figures?"""

from __future__ import annotations

from datetime import datetime, timedelta
from math import isfinite

from sampler.domain.findings import Finding, Severity
from sampler.domain.proposal import Context, Limits, Proposal

FEWEST_CONVERSIONS, FEWEST_CLICKS = 3.0, 100.0


def not_a_number(proposal: Proposal, limits: Limits, context: Context) -> Finding | None:
    figures = (proposal.before, proposal.after, proposal.expected)
    whole = all(isfinite(figure) for figure in figures) and proposal.after == int(proposal.after)
    if whole and proposal.after > 0 and proposal.before >= 0:
        return None
    return Finding(
        "not_a_number",
        Severity.BLOCK,
        f"A budget of {proposal.after} with an expected ROAS of {proposal.expected} cannot be sent.",
    )


def wrong_currency(proposal: Proposal, limits: Limits, context: Context) -> Finding | None:
    if proposal.currency == context.currency:
        return None
    return Finding(
        "wrong_currency",
        Severity.BLOCK,
        f"The change is in {proposal.currency}, the account spends {context.currency}.",
    )


def stale_data(proposal: Proposal, limits: Limits, context: Context) -> Finding | None:
    """Old figures allow no increase; a decrease may go ahead."""
    if not proposal.is_increase:
        return None
    for name, at, most in (
        ("Ad performance", context.performance_at, limits.performance_max_age_hours),
        ("Revenue", context.revenue_at, limits.revenue_max_age_hours),
    ):
        if at is None or context.now - at > timedelta(hours=most):
            return Finding(
                "stale_data",
                Severity.BLOCK,
                f"{name} {_age(at, context.now)}; a raise needs figures of the last {most:g} hours.",
            )
    return None


def unverified_revenue(proposal: Proposal, limits: Limits, context: Context) -> Finding | None:
    """What the CRM and the ledger do not agree on is no ground for a raise."""
    if not proposal.is_increase or context.revenue_gap <= limits.revenue_max_gap:
        return None
    return Finding(
        "unverified_revenue",
        Severity.BLOCK,
        f"{context.revenue_gap:.1%} of the revenue does not agree with the CRM; a raise needs {limits.revenue_max_gap:.0%} at most.",
    )


def below_break_even(proposal: Proposal, limits: Limits, context: Context) -> Finding | None:
    """A raise whose last unit is expected to return less than it has to."""
    if not proposal.is_increase or proposal.undoes or proposal.marginal is None:
        return None
    if proposal.marginal >= limits.least_return:
        return None
    goal = "break-even" if limits.least_return == 1 else f"the least of {limits.least_return:.2f}×"
    return Finding(
        "below_break_even",
        Severity.REVIEW,
        f"Marginal ROAS at the new budget is {proposal.marginal:.2f}×, below {goal}: the raise brings in less than it costs.",
    )


def _age(at: datetime | None, now: datetime) -> str:
    return "was never read" if at is None else f"was last read {(now - at).total_seconds() / 3600:,.1f} hours ago"


def too_little_evidence(proposal: Proposal, limits: Limits, context: Context) -> Finding | None:
    if proposal.undoes or proposal.conversions >= FEWEST_CONVERSIONS or proposal.clicks >= FEWEST_CLICKS:
        return None
    seen = f"{proposal.clicks:,.0f} clicks and {proposal.conversions:,.1f} {proposal.results}"
    return Finding(
        "too_little_evidence",
        Severity.REVIEW,
        f"Only {seen} lately: the expected ROAS is mostly the account's average.",
    )
