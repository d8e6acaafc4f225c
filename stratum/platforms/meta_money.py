"""Meta's own minor units: its offsets differ from ISO 4217 (https://developers.facebook.com/docs/marketing-api/currencies).

An ISO converter would send a hundred times the budget for COP, CRC, HUF, IDR or TWD.
"""

from __future__ import annotations

from stratum.core.money import exponent

OFFSETS = dict.fromkeys(("CLP", "COP", "CRC", "HUF", "IDR", "ISK", "JPY", "KRW", "PYG", "TWD", "VND"), 1)
DEFAULT_OFFSET = 100


def offset(currency: str) -> int:
    return OFFSETS.get(currency.upper(), DEFAULT_OFFSET)


def smallest_step(currency: str) -> int:
    """The smallest difference between two budgets that Meta can hold, in ISO minor units: 1 for USD, 100 for HUF."""
    return max(10 ** exponent(currency) // offset(currency), 1)


def to_meta(minor: int, currency: str) -> int:
    """ISO minor units → Meta's. ValueError for what Meta cannot hold exactly, such as 123.45 HUF or a fraction of a cent."""
    if isinstance(minor, bool) or not isinstance(minor, int) or minor <= 0:
        raise ValueError(f"a budget is a positive whole number of minor units, not {minor!r}")
    meta, left = divmod(minor * offset(currency), 10 ** exponent(currency))
    if left:
        raise ValueError(
            f"Meta holds {currency} budgets in steps of {smallest_step(currency)} minor units, so {minor} cannot be sent"
        )
    return meta


def from_meta(meta: int | str, currency: str) -> int:
    """Meta's minor units → ISO's. Whole for every currency but those of three decimals, which Meta keeps with two."""
    return int(meta) * 10 ** exponent(currency) // offset(currency)
