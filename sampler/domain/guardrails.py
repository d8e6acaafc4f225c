"""Every change of a budget passes these checks, when it is proposed and again right before it is sent.

To add a check: write the function in one of the `checks_*` modules, name it here, add two rows to its table of tests.
"""

from __future__ import annotations

from collections.abc import Callable

from sampler.domain.checks_of_evidence import (
    below_break_even,
    not_a_number,
    stale_data,
    too_little_evidence,
    unverified_revenue,
    wrong_currency,
)
from sampler.domain.checks_of_health import model_in_doubt, planned_for_another_day
from sampler.domain.checks_of_pace import cooling_down, cumulative_change, step_too_large
from sampler.domain.checks_of_reach import first_plan, large_move, wide_plan
from sampler.domain.checks_of_size import (
    above_cap,
    above_ceiling,
    below_floor,
    below_platform_minimum,
    untold_budget,
)
from sampler.domain.findings import Finding
from sampler.domain.proposal import Context, Limits, Proposal

Check = Callable[[Proposal, Limits, Context], Finding | None]
FIRST: tuple[Check, ...] = (not_a_number, wrong_currency)
CHECKS: tuple[Check, ...] = (
    *FIRST,
    step_too_large,
    cumulative_change,
    above_cap,
    untold_budget,
    below_floor,
    above_ceiling,
    below_platform_minimum,
    cooling_down,
    stale_data,
    unverified_revenue,
    model_in_doubt,
    planned_for_another_day,
    too_little_evidence,
    below_break_even,
    large_move,
    wide_plan,
    first_plan,
)


def inspect(proposal: Proposal, limits: Limits, context: Context) -> list[Finding]:
    """All findings, in the order of CHECKS. What is no amount of this account's money is not looked at further."""
    unreadable = _findings(FIRST, proposal, limits, context)
    return unreadable or _findings(CHECKS[len(FIRST) :], proposal, limits, context)


def _findings(checks: tuple[Check, ...], proposal: Proposal, limits: Limits, context: Context) -> list[Finding]:
    return [finding for check in checks if (finding := check(proposal, limits, context)) is not None]
