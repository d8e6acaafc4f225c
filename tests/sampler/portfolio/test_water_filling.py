from __future__ import annotations

from decimal import Decimal, getcontext

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sampler.domain.portfolio.water_filling import scale_into, water_fill

amount = st.floats(0, 1e4)


@st.composite
def problems(draw: st.DrawFn) -> tuple[np.ndarray, ...]:
    count = draw(st.integers(1, 12))
    of = {"min_size": count, "max_size": count}
    gain = np.array(draw(st.lists(st.floats(-12, 12), **of)))
    exponent = np.array(draw(st.lists(st.floats(0.2, 0.97), **of)))
    low = np.array(draw(st.lists(amount, **of)))
    high = low + np.array(draw(st.lists(amount, **of)))
    total = low.sum() + draw(st.floats(0, 1)) * (high.sum() - low.sum())
    return gain, exponent, low, high, total


@settings(max_examples=300, deadline=None)
@given(problems())
def test_it_sums_to_the_total_inside_the_bounds(problem: tuple) -> None:
    gain, exponent, low, high, total = problem
    split, price = water_fill(gain, exponent, low, high, total)
    assert np.isfinite(split).all() and np.isfinite(price)
    assert (split >= low).all() and (split <= high).all()
    assert split.sum() == pytest.approx(total, rel=1e-9, abs=1e-9)


def exact(gain: np.ndarray, exponent: np.ndarray, low: np.ndarray, high: np.ndarray, total: float) -> list[Decimal]:
    """Bisection on the log of the price with fifty digits."""
    getcontext().prec = 50
    dec = [[Decimal(float(x)) for x in part] for part in (gain, exponent, low, high)]

    def split(log_price: Decimal) -> list[Decimal]:
        wanted = [((g + b.ln() - log_price) / (1 - b)) for g, b in zip(*dec[:2], strict=True)]
        return [min(max(w.exp(), lo), hi) for w, lo, hi in zip(wanted, *dec[2:], strict=True)]

    least, most = Decimal(-60), Decimal(60)
    for _ in range(130):
        middle = (least + most) / 2
        least, most = (middle, most) if sum(split(middle)) > Decimal(total) else (least, middle)
    return split(most)


def worth(gain: np.ndarray, exponent: np.ndarray, split: list[Decimal]) -> Decimal:
    return sum(
        (Decimal(float(g)) + Decimal(float(b)) * s.ln()).exp()
        for g, b, s in zip(gain, exponent, split, strict=True)
        if s > 0
    )


@settings(max_examples=40, deadline=None)
@given(problems())
def test_nothing_better_is_found_with_fifty_digits(problem: tuple) -> None:
    gain, exponent, low, high, total = problem
    # A total that floors leave nothing of but its rounding is split by that rounding.
    assume(total > 1e-6 and total - low.sum() > 1e-6 * total)
    split, _ = water_fill(gain, exponent, low, high, total)
    best = worth(gain, exponent, exact(*problem))
    assert worth(gain, exponent, [Decimal(float(s)) for s in split]) >= best * (1 - Decimal("1e-6"))


def test_equal_ads_get_equal_budgets() -> None:
    split, price = water_fill(np.zeros(4), np.full(4, 0.5), np.zeros(4), np.full(4, 100.0), 100.0)
    assert split == pytest.approx([25] * 4)
    assert price == pytest.approx(np.log(0.5 * 25**-0.5))


def test_scaling_keeps_proportions_where_bounds_allow() -> None:
    assert scale_into(np.array([1.0, 2, 4]), np.zeros(3), np.array([9.0, 9, 3]), 9.0) == pytest.approx([2, 4, 3])
