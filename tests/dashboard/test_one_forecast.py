"""Overview, plan, card and Simulator state one forecast, and give one advice."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from learning.actions.turn_cycle import turn_cycle
from sampler.models import AccountLimits, Change, Plan
from stratum.core import clock
from stratum.core.models import AdDay
from tests.sampler.conftest import NOW, make_change

FORECAST = re.compile(
    r"[Ee]xpected ROAS on (\w+ \d+ \w+ \d+): ([\d.]+×) at today's budgets .*?, ([\d.]+×) with the plan \(80 % interval ([\d.]+×) to ([\d.]+×)\)"
)


@pytest.fixture
def planned(imported, workspace, monkeypatch):
    """An imported account after a turn, on which Fridays are worth half of other days."""
    for row in AdDay.objects.all():
        if row.day.weekday() == 4:
            AdDay.objects.filter(ad_id=row.ad_id, day=row.day).update(
                conversions=row.conversions / 2, conversion_value=row.conversion_value / 2
            )
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr("dashboard.views.simulator.now", lambda: NOW)
    turn_cycle(workspace, until=None, now=NOW, rng_seed=3)
    return imported


def test_every_page_states_the_same_return_of_the_same_day(planned, read):
    plan, change = Plan.objects.get(), Change.objects.filter(status="waiting").first()
    pages = ["/", "/decisions/", f"/decisions/{change.pk}/", "/simulator/", "/simulator/?days=30"]
    stated = {FORECAST.search(read(page)).groups() for page in pages}
    assert len(stated) == 1
    day, standing, with_plan, *_ = stated.pop()
    assert (day, with_plan) == ("Fri 9 Jun 2017", f"{plan.expected:.2f}×")
    row = re.search(r"At today's budgets ([\d,.]+ ){5}([\d.]+×)", read("/simulator/"))
    assert row[2] == standing


def test_the_simulator_expects_of_a_budget_what_its_card_expects(planned, read):
    text = read("/simulator/")
    for change in Change.objects.all():
        row = re.search(rf"{change.target.name} [\d,.]+ [\d.]+× ([\d,.]+) ([\d.]+×)", text)
        assert (row[1], row[2]) == (f"{change.after / 100:,.2f}", f"{change.expected:.2f}×")


def test_what_the_simulator_proposes_is_the_plan_that_stands(planned, read):
    before = {change.target.name: change.after for change in Change.objects.filter(plan=Plan.objects.get())}
    plan = Plan.objects.get()
    read("/simulator/propose/", account=planned.pk, percent="0")
    again = Plan.objects.latest("id")
    assert again.pk != plan.pk
    assert {change.target.name: change.after for change in Change.objects.filter(plan=again)} == before
    assert (again.expected, again.low) == (plan.expected, plan.low)


def test_what_limits_forbid_is_grey_and_cannot_be_proposed(planned, read):
    text = read("/simulator/")
    assert "The limits allow at most 360.00 USD a day now: budgets rise by 20 % at once." in text
    assert "The limits allow no less than 210.00 USD a day now: budgets fall by 30 % at once." in text
    assert text.count("Propose") == 6, "of nine totals"
    plans = Plan.objects.count()
    assert "Not proposed: The limits allow at most" in read("/simulator/propose/", account=planned.pk, percent="40")
    assert Plan.objects.count() == plans


@pytest.mark.parametrize(
    ("arrange", "why"),
    [
        (lambda one: AccountLimits.objects.update(ceiling=10_500), "its ceiling"),
        (lambda one: AccountLimits.objects.update(floor=9_500), "its floor"),
        (lambda one: make_change(one, status="applied", applied_at=NOW - timedelta(hours=1), after=10_000), "it was changed lately"),
        (lambda one: Change.objects.filter(after__gt=10_000).update(status="rejected", decided_by="ada@example.com", decided_at=NOW), "a person rejected this move"),
    ],
    ids=["ceiling", "floor", "cool-down", "rejected"],
)  # fmt: skip
def test_a_budget_that_a_limit_holds_names_it(planned, read, arrange, why):
    best = Change.objects.get(ad_set__external_id="s2").target
    best.daily_budget = 10_000
    arrange(best)
    assert why in read("/simulator/")


def test_a_card_says_what_its_budget_returned_lately_beside_what_is_expected(planned, read):
    change = Change.objects.get(ad_set__external_id="s2")
    text = read(f"/decisions/{change.pk}/")
    assert "Last 7 full days (3 Jun – 9 Jun): returned 4.64×" in text, (
        "six days of 500 and a Friday of 250, of 700 spent"
    )
    assert f"at today's budget, {change.expected:.2f}× at the new one" in text
    assert "on a Friday a click is worth" in text
