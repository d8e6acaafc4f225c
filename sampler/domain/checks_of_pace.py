"""Does the budget move too far or too often?"""

from __future__ import annotations

from datetime import timedelta

from sampler.domain.findings import Finding, Severity
from sampler.domain.proposal import Context, Limits, Proposal

CHANGES_PER_HOUR = 3
"""One fewer than the four an hour after which Meta blocks an ad set's budget for an hour (error 613/1487632)."""
ROUNDING = 1e-9


def step_too_large(proposal: Proposal, limits: Limits, context: Context) -> Finding | None:
    """A change taken back may be larger than a step, because that budget was in force; a person looks at it."""
    most = limits.step_up if proposal.is_increase else limits.step_down
    if proposal.before > 0 and abs(proposal.step) <= most + ROUNDING:
        return None
    if proposal.undoes:
        return Finding(
            "step_too_large", Severity.REVIEW, f"Takes back an earlier change in one step of {proposal.step:+.1%}."
        )
    return Finding(
        "step_too_large", Severity.BLOCK, f"A step of {proposal.step:+.1%} is more than the {most:.0%} allowed at once."
    )


def cumulative_change(proposal: Proposal, limits: Limits, context: Context) -> Finding | None:
    """Against the budget that the window of 24 hours or 7 days began with."""
    if not proposal.is_increase:
        return None
    for name, span, most in (
        ("24 hours", timedelta(hours=24), limits.cumulative_24h),
        ("7 days", timedelta(days=7), limits.cumulative_7d),
    ):
        earlier = context.within(span)
        first = earlier[0].before if earlier else proposal.before
        if first > 0 and proposal.after > first * (1 + most) * (1 + ROUNDING):
            grown = proposal.after / first - 1
            sentence = (
                f"{name} ago the budget was {context.money(first)}: {grown:+.0%} since then is more than {most:+.0%}."
            )
            return Finding("cumulative_change", Severity.BLOCK, sentence)
    return None


def cooling_down(proposal: Proposal, limits: Limits, context: Context) -> Finding | None:
    """A change taken back need not wait for the cool-down, only for the platform's count an hour."""
    if len(context.within(timedelta(hours=1))) >= CHANGES_PER_HOUR:
        return Finding(
            "cooling_down",
            Severity.BLOCK,
            f"{CHANGES_PER_HOUR} changes within the hour: the platform would lock this budget.",
        )
    recent = context.within(timedelta(hours=limits.cooldown_hours))
    if not recent or proposal.undoes:
        return None
    hours = (context.now - recent[-1].at).total_seconds() / 3600
    sentence = f"Changed {hours:.1f} hours ago; the next change may follow after {limits.cooldown_hours:g} hours."
    return Finding("cooling_down", Severity.BLOCK, sentence)
