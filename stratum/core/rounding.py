"""Amounts longer than any currency: the noise of floats."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from stratum.core.money import exponent
from stratum.core.rows import CURRENCY, Field


def round_long_fractions(values: dict[str, Any], fields: Mapping[str, Field], currency: str) -> bool:
    """Rounds, in place, amounts that are longer than six decimals (rates: nine); True where one was. `currency`: where the row has none."""
    is_rounded = False
    for name, field in fields.items():
        value = values[name]
        if field.round_to is None or not isinstance(value, Decimal):
            continue
        is_amount = field.round_to == CURRENCY
        if value.as_tuple().exponent < -(6 if is_amount else field.round_to):
            places = exponent(values.get("currency") or currency) if is_amount else field.round_to
            values[name] = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
            is_rounded = True
    return is_rounded
