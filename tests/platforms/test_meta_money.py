from __future__ import annotations

import pytest

from stratum.platforms.meta_money import from_meta, smallest_step, to_meta

TABLE = [
    ("USD", 12_345, 12_345, 1),
    ("EUR", 100, 100, 1),
    ("JPY", 5_000, 5_000, 1),
    ("HUF", 500_000, 5_000, 100),
    ("COP", 10_000, 100, 100),
    ("TWD", 300, 3, 100),
]


@pytest.mark.parametrize("currency, minor, meta, step", TABLE)
def test_meta_counts_some_currencies_in_whole_units(currency, minor, meta, step):
    assert to_meta(minor, currency) == meta
    assert from_meta(str(meta), currency) == minor
    assert smallest_step(currency) == step


@pytest.mark.parametrize(
    "minor, currency", [(12_345, "HUF"), (10.5, "USD"), (0, "USD"), (-5, "USD"), (True, "USD"), (float("nan"), "USD")]
)
def test_what_meta_cannot_hold_is_not_rounded(minor, currency):
    with pytest.raises(ValueError, match=r"cannot be sent|whole number"):
        to_meta(minor, currency)
