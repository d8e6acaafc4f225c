"""Google's micros: a millionth of a major unit in every currency, whatever its decimals (so 1 JPY and 1 USD are both 1,000,000)."""

from __future__ import annotations

from stratum.core.money import exponent

MICROS = 1_000_000


def micros_per_minor(currency: str) -> int:
    """10,000 for USD, 1,000,000 for JPY, 1,000 for KWD."""
    return MICROS // 10 ** exponent(currency)


def to_micros(minor: int, currency: str, *, billable: int) -> int:
    """ISO minor units → micros. ValueError for what is no multiple of the currency's `billable` unit (micros)."""
    if isinstance(minor, bool) or not isinstance(minor, int) or minor <= 0:
        raise ValueError(f"a budget is a positive whole number of minor units, not {minor!r}")
    micros = minor * micros_per_minor(currency)
    if micros % billable:
        raise ValueError(
            f"Google bills {currency} in steps of {billable} millionths, so {minor} minor units cannot be sent"
        )
    return micros


def from_micros(micros: int | str, currency: str) -> int:
    """Micros → ISO minor units, the fraction of one left out."""
    return int(micros) // micros_per_minor(currency)
