"""Random plans on random accounts with a bad line, judged by what the platform saw. `make bench B=executor` plays a thousand."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from bench.execution import judge
from bench.execution.calls import fewest_calls
from bench.execution.one_by_one import carry_out_one_by_one
from bench.execution.plays import BOOKS, NEVER_ENDED, play
from stratum.sandbox.market.structure import Edit

AT = datetime(2026, 11, 20, 15, tzinfo=UTC)


@pytest.mark.django_db
def test_no_guardrail_breaks_and_nothing_is_applied_twice():
    played = play(6, teams=(1, 1, 1), workers=0, seed=5, reads_fail=0.0)
    assert played.told["plans"] == 18
    assert not +played.broken
    assert played.ended["applied"] + played.ended["undone"] > 30
    assert played.ended["blocked"] > 10 and played.ended["failed"] > 10
    assert played.told["undone"] == played.told["undone and restored"] > 0


@pytest.mark.django_db(transaction=True)
def test_nor_where_accounts_share_calls():
    played = play(3, teams=(1, 3), workers=2, seed=6)
    assert played.told["plans"] == 12
    assert not +played.broken
    assert played.ended["applied"] > 30
    assert all(calls["sent"] and calls["calls"] for *_, calls in played.calls)


@pytest.mark.django_db
def test_the_client_that_it_is_compared_with_keeps_the_books_as_well_call_by_call():
    played = play(3, teams=(2,), workers=0, seed=5, reads_fail=0.0, carrying_out=carry_out_one_by_one)
    assert not sum(played.broken[name] for name in ("applied twice", NEVER_ENDED, BOOKS))
    calls = sum((calls for *_, calls in played.calls), start=Counter())
    assert calls["writes"] == calls["tried"] >= calls["sent"] > 10
    assert calls["calls"] >= 2 * calls["sent"]


@pytest.mark.parametrize(
    "campaigns, calls",
    [([], 0), (["a"], 2), (["a", "b", "c"], 2), (["a", "a", "b"], 3), ([str(i) for i in range(51)], 3)],
)
def test_fewer_calls_are_not_possible_than(campaigns, calls):
    assert fewest_calls(campaigns) == calls


def edit(number: int, after: int, *, node: str = "a", by: str = "api", before: int = 1_000, hour: int = 15) -> Edit:
    return Edit(number, node, "1", "daily_budget", before, after, AT.replace(hour=hour), by)


CASES = [
    ("step too large", [edit(1, 1_201)]),
    ("step too large", [edit(1, 699)]),
    ("above the cap", [edit(1, 1_150), edit(2, 1_150, node="b")]),
    ("above the cap", [edit(1, 1_100, by="person"), edit(2, 1_100, node="b")]),
    ("below the floor", [edit(1, 740)]),
    ("applied twice", [edit(1, 1_050), edit(2, 1_050)]),
    ("more than 4 changes an hour", [edit(number, 1_000 + number) for number in range(1, 6)]),
]


@pytest.mark.parametrize("rule, edits", CASES)
def test_the_judge_sees(rule, edits):
    truth = judge.AccountTruth(cap=2_700, floor=750, standing={"a": 1_000, "b": 1_000}, windows=[1])
    assert judge.broken_by_edits(truth, edits)[rule] == 1


def test_the_judge_lets_pass_what_is_allowed():
    truth = judge.AccountTruth(cap=2_700, floor=750, standing={"a": 1_000, "b": 1_000}, windows=[1, 3], undoing={1})
    edits = [edit(1, 750), edit(2, 1_100, node="b"), edit(3, 1_000), edit(4, 1_000, node="b")]
    assert not +judge.broken_by_edits(truth, edits)


def test_a_write_that_a_person_overtook_is_told_apart():
    truth = judge.AccountTruth(cap=2_700, floor=750, standing={"a": 1_000, "b": 1_000}, windows=[1])
    found = +judge.broken_by_edits(truth, [edit(1, 1_600, by=judge.MEANWHILE), edit(2, 1_100)])
    assert found == {judge.OVERTAKEN: 1}
