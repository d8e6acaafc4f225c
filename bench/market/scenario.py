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

    @property
    def budget(self) -> float:
        return self.ads * self.spend_per_ad

    @property
    def horizon(self) -> int:
        return self.warm_up + self.days


MIXED = Scenario("mixed")
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
    )
}
