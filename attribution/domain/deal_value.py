from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal


def booked_value(amount: int | None, probability: Decimal | None, *, is_won: bool, is_closed: bool) -> int:
    """Synthetic revenue of a deal in minor units: all of a won deal, nothing of a lost one, else amount × probability.

    An unknown amount or probability books nothing yet; it is not a zero-value deal, and callers say so.
    """
    if amount is None or (is_closed and not is_won):
        return 0
    if is_won:
        return amount
    if probability is None:
        return 0
    return int((amount * probability).to_integral_value(ROUND_HALF_UP))
