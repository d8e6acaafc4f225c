from __future__ import annotations

from dataclasses import dataclass, replace

WEEK_AFTER_SHOCK = (45, 52)


@dataclass(frozen=True)
class Scenario:
    """What a market is like. Days count from the first evaluated one; the warm-up lies before them."""

    name: str
    accounts: int = 10
    ads: int = 200
    spend_per_ad: float = 50.0
    lead_share: float = 0.5
    """Of the accounts, those that sell to businesses: few, large, late orders."""
    life: float = 40.0
    drift: float = 0.015
    shock: float = 1.0
    curves: tuple[str, ...] = ("power", "log", "hill")
    s_shaped: bool = False
    delay: str = "lognormal"
    values: str = "lognormal"
    step: float | None = 0.20
    warm_up: int = 28
    days: int = 90
    shock_day: int = WEEK_AFTER_SHOCK[0]
    sizes: float = 0.0
    """How unequal budgets are to begin with: the standard deviation of their logarithm."""
    missing: float = 0.0
    """The part of account-days whose figures nobody tells; orders of them come all the same."""
    worth: float = 1.0
    """What orders are worth, beside the usual."""
    upset: str = ""
    """What befalls the market on `upset_day`: see `upsets`."""
    upset_day: int = 30

    @property
    def budget(self) -> float:
        return self.ads * self.spend_per_ad

    @property
    def horizon(self) -> int:
        return self.warm_up + self.days


MIXED = Scenario("mixed")
WATCHED = 2
"""Days of a young account that everybody watches: the first forecast is of its third."""


def _young() -> tuple[Scenario, ...]:
    """One shop that nobody knew before, in its days 3 to 42."""
    shop = Scenario(
        "young: sales on the day",
        accounts=1,
        ads=20,
        lead_share=0.0,
        warm_up=WATCHED,
        days=40,
        delay="same day",
        shock=0.0,
    )
    return (
        shop,
        replace(shop, name="young: tenth of days missing", delay="lognormal", missing=0.1),
        replace(shop, name="young: sales on the day and a tenth missing", missing=0.1),
        replace(shop, name="young: few sales", spend_per_ad=10.0),
        replace(shop, name="young: many sales", spend_per_ad=1000.0),
        replace(shop, name="young: unequal sizes", sizes=1.2),
        replace(shop, name="young: ordinary delays", delay="lognormal"),
        replace(shop, name="young: business", delay="lognormal", lead_share=1.0, spend_per_ad=200.0),
    )


def _upset() -> tuple[Scenario, ...]:
    """One shop of unequal budgets, and what befalls it on a day."""
    shop = Scenario("", accounts=1, ads=40, lead_share=0.0, spend_per_ad=100.0, sizes=0.8, days=70, shock=0.0)
    daily = replace(shop, delay="same day")
    return (
        replace(daily, name="collapse", upset="collapse"),
        replace(shop, name="collapse: ordinary delays", upset="collapse"),
        replace(daily, name="collapse of value", upset="collapse of value"),
        replace(shop, name="refund", upset="refund"),
        replace(shop, name="demand week", upset="demand"),
        replace(daily, name="demand week: sales on the day", upset="demand"),
        replace(shop, name="demand week: clicks", upset="visits"),
        replace(shop, name="quiet shop"),
    )


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        MIXED,
        replace(MIXED, name="b2b", lead_share=1.0),
        replace(MIXED, name="e-commerce", lead_share=0.0),
        replace(MIXED, name="little data", spend_per_ad=12.0),
        replace(MIXED, name="few ads", ads=40, accounts=4),
        replace(MIXED, name="unguarded", step=None),
        replace(MIXED, name="hill curves", curves=("hill",), s_shaped=True),
        replace(MIXED, name="two-part delay", delay="two-part"),
        replace(MIXED, name="pareto orders", values="pareto"),
        replace(MIXED, name="short life", life=12.0),
        replace(MIXED, name="high drift", drift=0.05),
        replace(MIXED, name="no shock", shock=0.0),
        *_young(),
        *_upset(),
        replace(MIXED, name="hopeless ads", worth=0.3),
    )
}
