"""What the ad platform reports: counts an ad and local day, its own claims, and how past days are restated."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from datetime import date, timedelta

from stratum.sandbox.market.randomness import unit

FROZEN_AFTER_DAYS = 28


@dataclass
class DayFacts:
    """One ad on one local day. Spend and values in major units of the account's currency."""

    spend: float = 0.0
    impressions: float = 0.0
    clicks: float = 0.0
    link_clicks: float = 0.0
    leads: float = 0.0
    purchases: float = 0.0
    purchase_value: float = 0.0

    def scaled(self, factor: float) -> DayFacts:
        return DayFacts(*(getattr(self, field.name) * factor for field in fields(self)))

    def add(self, other: DayFacts) -> None:
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))


class FactBook:
    """Facts keyed (ad id, local date), with the restatements the platform makes for 28 days."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.days: dict[tuple[str, date], DayFacts] = {}
        self.lowered: dict[tuple[str, date], float] = {}

    def of(self, ad_id: str, day: date) -> DayFacts:
        return self.days.setdefault((ad_id, day), DayFacts())

    def reported(self, ad_id: str, day: date, today: date) -> DayFacts | None:
        """The day as the platform states it today: late conversions still missing, invalid clicks taken back."""
        facts = self.days.get((ad_id, day))
        if facts is None:
            return None
        age = min((today - day).days, FROZEN_AFTER_DAYS)
        told = facts.scaled(self._kept(ad_id, day, age) * self.lowered.get((ad_id, day), 1.0))
        complete = (0.86, 0.95, 0.985)[age] if 0 <= age < 3 else 1.0
        for name in ("leads", "purchases", "purchase_value"):
            setattr(told, name, getattr(told, name) * complete)
        for name in ("impressions", "clicks", "link_clicks", "leads", "purchases"):
            setattr(told, name, float(math.floor(getattr(told, name) + 0.5)))
        return told

    def _kept(self, ad_id: str, day: date, age: int) -> float:
        """A third of the days lose up to 3 % at some age between 2 and 20 days."""
        key = (ad_id, day.isoformat())
        if unit(self.seed, "taken back", *key) > 0.33 or age < 2 + int(unit(self.seed, "when", *key) * 18):
            return 1.0
        return 1.0 - 0.03 * unit(self.seed, "how much", *key)

    def lower(self, today: date, factor: float, days: int, ad_id: str | None) -> int:
        """Restates the last `days` days by `factor` for good; returns how many ad-days changed."""
        first = today - timedelta(days=min(days, FROZEN_AFTER_DAYS))
        chosen = [key for key in self.days if key[1] >= first and (ad_id is None or key[0] == ad_id)]
        for key in chosen:
            self.lowered[key] = self.lowered.get(key, 1.0) * factor
        return len(chosen)


def reach(impressions: float, audience: float) -> float:
    """People reached by so many impressions spread at random over an audience (not additive)."""
    return audience * (1 - math.exp(-impressions / audience)) if audience else 0.0
