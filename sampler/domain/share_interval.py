from __future__ import annotations

from math import sqrt

Z = 1.96


def share_interval(events: int, trials: int) -> tuple[float, float]:
    """95 % interval of a share of which `events` were seen in `trials` (Wilson 1927); all of [0, 1] where nothing was tried."""
    if not trials:
        return 0.0, 1.0
    share = events / trials
    middle = (share + Z * Z / (2 * trials)) / (1 + Z * Z / trials)
    reach = Z / (1 + Z * Z / trials) * sqrt(share * (1 - share) / trials + Z * Z / (4 * trials**2))
    return max(middle - reach, 0.0), min(middle + reach, 1.0)
