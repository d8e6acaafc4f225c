"""What can be set about the engine. The defaults are what the published figures were made with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

HOTTEST = 2.0


@dataclass(frozen=True)
class PortfolioConfig:
    """Times are in days, spreads are standard deviations of logarithms.

    The switches at the end take one idea each out of the engine, so that what it is worth can be measured.
    """

    temperature: float = 0.1
    """How much of the uncertainty is drawn: 0 plans with expectations, 1 is Thompson sampling. A tenth costs next to nothing and keeps
    every decision's propensity; 0.3 costs a third of a point of revenue where there are hundreds of ads, which explore each other."""
    damping: float = 1.0
    """How far a plan goes from yesterday's budgets to the best ones, in logarithms. 0.5 halves what is moved in a day."""
    hysteresis: float = 0.12
    """How far the log of a marginal return has to be from the price before a budget moves: what moves are worth less than is noise."""
    horizon: int = 60
    """A conversion later than this after its click is not waited for."""
    forget: float = 0.99
    """What a day leaves of the weight of older conversions."""
    forget_value: float = 0.99
    """What a day leaves of the weight of older order values, refunds and delays."""
    level_drift: float = 0.03
    """A day's random walk of an ad's click level, to start with; the engine goes on to learn it."""
    slope_drift: float = 0.004
    """A day's random walk of an ad's elasticity."""
    bend: float = 1.1
    """How curves bend in logarithms: 0 as powers do, 1 as s/(k + s) does."""
    rate_saturation: float = 0.06
    """How much less elastic revenue is than clicks: further clicks convert less."""
    most_elastic: float = 0.97
    most_elastic_unguarded: float = 0.6
    trust: float = 4.0
    """Unguarded, an ad gets at most this many times yesterday's budget, since its curve is only known near it."""
    fatigue_weight: float = 1.0
    """How much of the later clicks that today's impressions cost is charged to today."""
    life: float = 40.0
    """Days that an ad is expected to go on."""
    coverage: float = 0.8
    vectors_kept: int = 32
    """Creative vectors of more dimensions are projected to this many."""
    remember: int = 400
    """Days for which the id of an ad that is long gone is still known, so that a late event of it is no error."""

    curvature: bool = True
    fatigue_price: bool = True
    delay: bool = True
    vectors: bool = True
    weekday: bool = True
    change_detection: bool = True

    def __post_init__(self) -> None:
        """ValueError for a setting outside its range."""
        ranges = {
            "temperature": (0, HOTTEST),
            "damping": (0.01, 1),
            "hysteresis": (0, 2),
            "horizon": (1, 366),
            "forget": (0.5, 1),
            "forget_value": (0.5, 1),
            "level_drift": (0, 1),
            "slope_drift": (0, 1),
            "bend": (0, 2),
            "rate_saturation": (0, 0.5),
            "most_elastic": (0.1, 0.99),
            "most_elastic_unguarded": (0.1, 0.99),
            "trust": (1, np.inf),
            "fatigue_weight": (0, 5),
            "life": (1, 1e4),
            "coverage": (0.01, 0.999),
            "vectors_kept": (0, 512),
            "remember": (0, 1e5),
        }
        for name, (least, most) in ranges.items():
            if not least <= getattr(self, name) <= most:
                raise ValueError(f"{name} is {getattr(self, name)}, not between {least} and {most}")
