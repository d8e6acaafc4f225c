"""One table a check: what it lets pass, and what it finds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from sampler.domain import checks_of_evidence, checks_of_health, checks_of_pace, checks_of_reach, checks_of_size
from sampler.domain.findings import Severity, blocks
from sampler.domain.guardrails import CHECKS, inspect
from sampler.domain.proposal import Applied, Context, Limits, Proposal, Reach

NOW = datetime(2026, 3, 10, 15, tzinfo=UTC)
CALM = Proposal(before=10_000, after=11_000, currency="USD", expected=2.5, clicks=500, conversions=20)
LIMITS = Limits(daily_cap=200_000, floor=500, ceiling=50_000)
WORLD = Context(now=NOW, currency="USD", minor_per_major=100, account_total=100_000, performance_at=NOW, revenue_at=NOW)
BLOCK, TWO, REVIEW, NOTE = Severity.BLOCK, Severity.TWO, Severity.REVIEW, Severity.NOTE
WIDE, LARGE = Reach(budgets=0.21, money=0.31), {"before": 500_000, "after": 550_000}


def changed(hours_ago: float, before: int = 10_000) -> Applied:
    return Applied(NOW - timedelta(hours=hours_ago), before)


CASES = [
    (checks_of_pace.step_too_large, {"after": 12_000}, {}, {}, None),
    (checks_of_pace.step_too_large, {"after": 12_001}, {}, {}, BLOCK),
    (checks_of_pace.step_too_large, {"after": 7_000}, {}, {}, None),
    (checks_of_pace.step_too_large, {"after": 6_999}, {}, {}, BLOCK),
    (checks_of_pace.step_too_large, {"before": 0}, {}, {}, BLOCK),
    (checks_of_pace.step_too_large, {"before": 7_000, "after": 10_000, "undoes": True}, {}, {}, REVIEW),
    (checks_of_pace.cumulative_change, {"after": 15_000}, {}, {"history": (changed(20),)}, None),
    (checks_of_pace.cumulative_change, {"after": 15_001}, {}, {"history": (changed(20),)}, BLOCK),
    (checks_of_pace.cumulative_change, {"before": 14_000, "after": 15_001}, {}, {"history": (changed(25),)}, None),
    (checks_of_pace.cumulative_change, {"after": 20_001}, {}, {"history": (changed(25), changed(7, 18_000))}, BLOCK),
    (checks_of_pace.cooling_down, {}, {}, {"history": (changed(6.01),)}, None),
    (checks_of_pace.cooling_down, {}, {}, {"history": (changed(5.9),)}, BLOCK),
    (checks_of_pace.cooling_down, {"undoes": True}, {}, {"history": (changed(0.1),)}, None),
    (checks_of_pace.cooling_down, {"undoes": True}, {}, {"history": (changed(0.1), changed(0.2), changed(0.3))}, BLOCK),
    (checks_of_pace.cooling_down, {}, {"cooldown_hours": 0}, {"history": (changed(0.1), changed(0.2))}, None),
    (checks_of_size.above_cap, {}, {}, {"account_total": 160_000}, None),
    (checks_of_size.above_cap, {}, {}, {"account_total": 160_001}, BLOCK),
    (checks_of_size.above_cap, {}, {"daily_cap": None}, {}, BLOCK),
    (checks_of_size.above_cap, {"after": 9_000}, {"daily_cap": None}, {}, None),
    (checks_of_size.untold_budget, {}, {}, {}, None),
    (checks_of_size.untold_budget, {}, {}, {"untold": ("Autumn",)}, BLOCK),
    (checks_of_size.untold_budget, {"undoes": True}, {}, {"untold": ("A", "B", "C", "D")}, BLOCK),
    (checks_of_size.untold_budget, {"after": 9_000}, {}, {"untold": ("Autumn",)}, None),
    (checks_of_size.below_floor, {"after": 500}, {}, {}, None),
    (checks_of_size.below_floor, {"after": 499}, {}, {}, BLOCK),
    (checks_of_size.below_floor, {"before": 300, "after": 360}, {}, {}, None),
    (checks_of_size.above_ceiling, {"after": 50_000}, {}, {}, None),
    (checks_of_size.above_ceiling, {"after": 50_001}, {}, {}, BLOCK),
    (checks_of_size.above_ceiling, {"before": 80_000, "after": 60_000}, {}, {}, None),
    (checks_of_size.below_platform_minimum, {"after": 100}, {}, {"platform_minimum": 100}, None),
    (checks_of_size.below_platform_minimum, {"after": 99}, {}, {"platform_minimum": 100}, BLOCK),
    (checks_of_evidence.below_break_even, {"marginal": 1.0}, {}, {}, None),
    (checks_of_evidence.below_break_even, {"marginal": 0.99}, {}, {}, REVIEW),
    (checks_of_evidence.below_break_even, {"marginal": 1.9}, {"least_return": 2.0}, {}, REVIEW),
    (checks_of_evidence.below_break_even, {"marginal": None}, {}, {}, None),
    (checks_of_evidence.below_break_even, {"marginal": 0.5, "after": 9_000}, {}, {}, None),
    (checks_of_evidence.below_break_even, {"marginal": 0.5, "undoes": True}, {}, {}, None),
    (checks_of_evidence.stale_data, {}, {}, {"performance_at": NOW - timedelta(hours=3)}, None),
    (checks_of_evidence.stale_data, {}, {}, {"performance_at": NOW - timedelta(hours=3, seconds=1)}, BLOCK),
    (checks_of_evidence.stale_data, {}, {}, {"revenue_at": NOW - timedelta(hours=25)}, BLOCK),
    (checks_of_evidence.stale_data, {}, {}, {"revenue_at": None}, BLOCK),
    (checks_of_evidence.stale_data, {"after": 9_000}, {}, {"performance_at": None}, None),
    (checks_of_health.model_in_doubt, {}, {}, {}, None),
    (checks_of_health.model_in_doubt, {}, {}, {"doubts": ("No lead came.",)}, BLOCK),
    (checks_of_health.model_in_doubt, {"after": 9_000}, {}, {"doubts": ("No lead came.",)}, BLOCK),
    (checks_of_health.model_in_doubt, {"undoes": True}, {}, {"doubts": ("No lead came.",)}, None),
    (
        checks_of_health.planned_for_another_day,
        {},
        {},
        {"planned_for": date(2026, 11, 20), "today": date(2026, 11, 20)},
        None,
    ),
    (
        checks_of_health.planned_for_another_day,
        {},
        {},
        {"planned_for": date(2026, 11, 19), "today": date(2026, 11, 20)},
        None,
    ),
    (
        checks_of_health.planned_for_another_day,
        {},
        {},
        {"planned_for": date(2026, 11, 18), "today": date(2026, 11, 20)},
        BLOCK,
    ),
    (
        checks_of_health.planned_for_another_day,
        {},
        {},
        {"planned_for": date(2026, 11, 21), "today": date(2026, 11, 20)},
        BLOCK,
    ),
    (checks_of_evidence.not_a_number, {}, {}, {}, None),
    (checks_of_evidence.not_a_number, {"after": float("nan")}, {}, {}, BLOCK),
    (checks_of_evidence.not_a_number, {"after": float("inf")}, {}, {}, BLOCK),
    (checks_of_evidence.not_a_number, {"after": 10_000.5}, {}, {}, BLOCK),
    (checks_of_evidence.not_a_number, {"after": -1}, {}, {}, BLOCK),
    (checks_of_evidence.not_a_number, {"expected": float("nan")}, {}, {}, BLOCK),
    (checks_of_evidence.wrong_currency, {}, {}, {}, None),
    (checks_of_evidence.wrong_currency, {"currency": "EUR"}, {}, {}, BLOCK),
    (checks_of_evidence.too_little_evidence, {"clicks": 100, "conversions": 0}, {}, {}, None),
    (checks_of_evidence.too_little_evidence, {"clicks": 99, "conversions": 2.9}, {}, {}, REVIEW),
    (checks_of_evidence.unverified_revenue, {}, {}, {"revenue_gap": 0.02}, None),
    (checks_of_evidence.unverified_revenue, {}, {}, {"revenue_gap": 0.021}, BLOCK),
    (checks_of_evidence.unverified_revenue, {"after": 9_000}, {}, {"revenue_gap": 0.5}, None),
    (checks_of_reach.large_move, LARGE | {"after": 549_999}, {"daily_cap": None}, {}, None),
    (checks_of_reach.large_move, LARGE, {"daily_cap": None}, {}, TWO),
    (checks_of_reach.large_move, LARGE | {"after": 400_000}, {}, {}, None),
    (checks_of_reach.large_move, LARGE, {}, {"is_rehearsal": True}, None),
    (checks_of_reach.large_move, {"before": 100_000, "after": 120_000}, {}, {}, None),
    (checks_of_reach.large_move, {"before": 100_000, "after": 120_001}, {}, {}, TWO),
    (checks_of_reach.large_move, {}, {"two_person_amount": 1_000}, {}, TWO),
    (checks_of_reach.large_move, LARGE, {"daily_cap": None}, {"minor_per_major": 1000}, None),
    (checks_of_reach.wide_plan, {}, {}, {"reach": replace(WIDE, budgets=0.2)}, None),
    (checks_of_reach.wide_plan, {}, {}, {"reach": replace(WIDE, money=0.3)}, None),
    (checks_of_reach.wide_plan, {}, {}, {"reach": WIDE}, TWO),
    (checks_of_reach.wide_plan, {"undoes": True}, {}, {"reach": WIDE}, None),
    (checks_of_reach.first_plan, {}, {}, {"reach": Reach(is_first=True)}, TWO),
    (checks_of_reach.first_plan, {}, {}, {"reach": Reach(is_first=True), "is_rehearsal": True}, None),
]


@pytest.mark.parametrize("check, proposal, limits, context, severity", CASES)
def test_a_check_finds_what_it_should(check, proposal, limits, context, severity):
    finding = check(replace(CALM, **proposal), replace(LIMITS, **limits), replace(WORLD, **context))
    assert (finding and finding.severity) == severity
    if finding:
        assert finding.check == check.__name__
        assert not finding.sentence[0].islower()
        assert finding.sentence.endswith(".")


def test_every_check_has_a_row_that_passes_and_one_that_does_not():
    told = {(check, severity is None) for check, *_, severity in CASES}
    assert told == {(check, passes) for check in CHECKS for passes in (True, False)}


def test_a_calm_change_has_no_finding():
    assert inspect(CALM, LIMITS, WORLD) == []


@pytest.mark.parametrize("after", [float("nan"), float("inf"), -5, 1e300])
def test_a_hostile_amount_is_blocked_and_breaks_no_check(after):
    assert blocks(inspect(replace(CALM, after=after), LIMITS, WORLD))


def test_defaults_allow_no_raise_until_a_cap_is_set():
    assert [finding.check for finding in inspect(CALM, Limits(), WORLD)] == ["above_cap"]
