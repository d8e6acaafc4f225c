"""Money in whole minor units (cents), and shares that lose none of them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

# ISO 4217 exponents other than 2. Ad platforms have offsets of their own: see the connector.
EXPONENTS = dict.fromkeys(
    ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"), 0
) | dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3)


def exponent(currency: str) -> int:
    return EXPONENTS.get(currency.upper(), 2)


def to_minor(amount: Decimal, currency: str) -> int:
    """Whole minor units, halves away from zero. ValueError for NaN and infinities."""
    if not amount.is_finite():
        raise ValueError(f"{amount} is not an amount of money")
    return int(amount.scaleb(exponent(currency)).to_integral_value(ROUND_HALF_UP))


def to_major(minor: int, currency: str) -> Decimal:
    places = exponent(currency)
    return Decimal(minor).scaleb(-places).quantize(Decimal(1).scaleb(-places))


def split(total: int, shares: Sequence[Decimal]) -> list[int]:
    """`total` minor units in parts proportional to `shares` (which sum to one), by largest remainder.

    The parts sum to `total` exactly, each within one unit of its exact share, and a negative total is the mirror image of
    the positive one, so that a reversal takes back what was given.
    """
    sign = -1 if total < 0 else 1
    exact = [abs(total) * share for share in shares]
    parts = [int(part) for part in exact]
    left = abs(total) - sum(parts)
    by_remainder = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    for i in by_remainder[:left]:
        parts[i] += 1
    return [sign * part for part in parts]
