"""How far true returns stray from what was said, learnt by holding earlier forecasts against the conversions that came.

Every week the engine writes down what it expects of a click of each ad, and how sure it is. When that week's conversions have had time to
come, what they stray beyond counting noise is compared with what was said; intervals widen or narrow by the ratio.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
BLOCK_DAYS, BLOCKS = 7, 3
"""A week's forecast is judged two weeks after it ended, by the conversions due by then; three are on their way."""
START, START_WEIGHT, KEPT = 1.5, 30.0, 0.95
"""The start is the ratio at which, on seeds 100–105 of the benchmark's markets, most of the 80 % intervals held as often as they say."""
RESTLESS_WEIGHT = 1000.0
"""Of the start at which ads that are well known change no further."""
YOUNG, GROWN_DAYS = 0.95, 60.0
"""What a history that has just begun starts with: what is left unstated comes with time, as accounts and their ads change."""
ALONE = 1.1
"""What a single account starts with once it is grown: much of what is left unstated is how accounts differ."""
FEW = 5.0
"""Conversions' worth of pull of an account's bias to none."""
TYPICAL = 0.02
"""A restlessness that nobody would wonder at, for the weights."""
NARROWEST, WIDEST, MOST_RESTLESS = 0.7, 6.0, 0.3


@dataclass(frozen=True)
class Width:
    """The variance of a log rate is taken to be ratio·stated + restless·own², `own` being the part of it that the ad's own past tells.

    The sums of a weighted least squares fit of both: `stated_square` of the products of stated variances, and so on.
    """

    stated_square: float = START_WEIGHT
    own_square: float = RESTLESS_WEIGHT
    both: float = 0.0
    seen_stated: float = START * START_WEIGHT
    seen_own: float = 0.0

    def fitted(self, days: int, accounts: int) -> tuple[float, float]:
        """Ratio and restlessness, for a history of so many `days` of so many `accounts`."""
        grown = START - (START - ALONE) / max(accounts, 1)
        start = grown - (grown - YOUNG) * max(1 - days / GROWN_DAYS, 0.0)
        seen = self.seen_stated - (START - start) * START_WEIGHT
        determinant = self.stated_square * self.own_square - self.both**2
        restless = (self.stated_square * self.seen_own - self.both * seen) / determinant
        restless = float(np.clip(restless, 0.0, MOST_RESTLESS))
        ratio = (seen - self.both * restless) / self.stated_square
        return float(np.clip(ratio, NARROWEST, WIDEST)), restless


def relearned(
    width: Width, account: NDArray[np.int64], came: Array, promised: Array, variance: Array, own: Array
) -> Width:
    """With one more week judged. `came` conversions and `promised` ones (ads,), `variance` of the log of the promise as stated, `own` part.

    E[(came - promised)²] = counting noise + promised²·true variance, the noise being that of the conversions that an account's ads
    had in truth. Weighted by one over the squared variance of a row, 2(m + m²v)².
    """
    told = promised > 0.05
    account, came, promised, own = account[told], came[told], promised[told], own[told] ** 2
    stated = promised**2 * variance[told]
    bias = (np.bincount(account, came) + FEW) / (np.bincount(account, promised) + FEW)
    weight = 1.0 / (promised + stated + promised**2 * TYPICAL * own) ** 2
    extra = np.minimum((came - promised) ** 2, 100 * (promised + stated)) - promised * bias[account]
    own = promised**2 * own
    start = Width()
    news = Width(
        stated_square=float((weight * stated * stated).sum()),
        own_square=float((weight * own * own).sum()),
        both=float((weight * stated * own).sum()),
        seen_stated=float((weight * extra * stated).sum()),
        seen_own=float((weight * extra * own).sum()),
    )
    kept = {name: getattr(start, name) + KEPT * (getattr(width, name) - getattr(start, name)) for name in asdict(start)}
    return Width(**{name: part + getattr(news, name) for name, part in kept.items()})
