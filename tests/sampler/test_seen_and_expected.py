from __future__ import annotations

from datetime import date

import pytest

from sampler.domain.seen_and_expected import Grounds, Lately, why_they_differ

DAY = date(2026, 11, 20)


def lately(booked=2.0, matured=2.0, spend=700.0):
    return Lately(date(2026, 11, 13), date(2026, 11, 19), spend, booked, matured)


@pytest.mark.parametrize(
    ("seen", "expected", "grounds", "said"),
    [
        (lately(), 2.0, {}, []),
        (lately(booked=1.0), 2.0, {}, ["Young clicks: 50% of what these days will earn is booked."]),
        (lately(), 1.6, {"weekday": 0.8}, ["Weekday: on a Friday a click is worth 20 % less than on the mean of the week."]),
        (lately(), 2.4, {"season": 1.2}, ["Demand: the account's clicks convert 20 % more lately than its budgets' own pasts say."]),
        (lately(), 1.5, {"fatigue": 0.7}, ["Frequency: 70% of its clicks are left."]),
        (lately(), 3.0, {"own_weight": 0.4, "account": 4.0}, ["Few conversions of its own: pulled 60% of the way to what its account promises (4.00×)."]),
        (lately(), 1.0, {"broke": "Conversions a click broke with the past."}, ["Conversions a click broke with the past."]),
        (lately(), 3.0, {}, ["7 days are few: days before them count too, older ones less."]),
        (None, 3.0, {}, ["It spent nothing in the last 7 full days: what is expected comes from older days and its account."]),
    ],
)  # fmt: skip
def test_why_what_was_seen_and_what_is_expected_differ(seen, expected, grounds, said):
    assert list(why_they_differ(seen, expected, Grounds(DAY, **grounds))) == said
