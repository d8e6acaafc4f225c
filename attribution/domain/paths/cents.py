from __future__ import annotations

import math
from collections.abc import Sequence


def to_cents(amounts: Sequence[float], total: int) -> list[int]:
    """Whole minor units that sum to `total` exactly, each within one of its amount, by largest remainder.

    ValueError when the amounts themselves do not sum to the total, rounding aside.
    """
    if not math.isclose(math.fsum(amounts), total, rel_tol=1e-9, abs_tol=1e-6):
        raise ValueError(f"amounts sum to {math.fsum(amounts)}, not to {total}")
    # What a model leaves of nothing, such as −1e−13, is nothing: it must not be rounded down to a cent.
    clean = [round(amount) if abs(amount - round(amount)) < 1e-6 else amount for amount in amounts]
    parts = [math.floor(amount) for amount in clean]
    left = total - sum(parts)
    by_remainder = sorted(range(len(parts)), key=lambda place: (parts[place] - clean[place], place))
    for place in by_remainder[:left]:
        parts[place] += 1
    return parts
