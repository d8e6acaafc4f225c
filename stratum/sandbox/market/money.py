"""Currencies: Meta's own minor units, and rates of exchange that stand still."""

from __future__ import annotations

UNITS_PER_USD = {
    "USD": 1.0,
    "EUR": 0.92,
    "GBP": 0.79,
    "JPY": 150.0,
    "CLP": 940.0,
    "KRW": 1380.0,
    "CAD": 1.37,
    "HUF": 360.0,
    "KWD": 0.31,
    "SEK": 10.4,
}

# Meta counts these in whole units, several of them against ISO 4217.
WHOLE_UNIT_CURRENCIES = frozenset({"CLP", "COP", "CRC", "HUF", "IDR", "ISK", "JPY", "KRW", "PYG", "TWD", "VND"})

MICROS = 1_000_000


def offset(currency: str) -> int:
    """Minor units in one major unit, as Meta's Marketing API counts them."""
    return 1 if currency in WHOLE_UNIT_CURRENCIES else 100


def convert(amount: float, source: str, target: str) -> float:
    return amount / UNITS_PER_USD[source] * UNITS_PER_USD[target]


def minimum_daily_budget(currency: str) -> int:
    """The least daily budget of an ad set in minor units: one US dollar's worth, rounded up."""
    return -int(-UNITS_PER_USD[currency] * offset(currency) // 1)


def as_text(amount: float, currency: str) -> str:
    """Major units as a decimal string, the way both vendors print money."""
    return f"{amount:.0f}" if offset(currency) == 1 else f"{amount:.2f}"


def billable_micros(currency: str) -> int:
    """What Google bills in: amounts that are no multiples of it are refused."""
    return MICROS if offset(currency) == 1 else MICROS // 100
