"""What ads did by day, from real reports or a simulated market, in the shape that both are replayed from."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bench.market.policy import Events, Rows


@dataclass(frozen=True)
class Panel:
    """All (days, ads) but `account`, (ads,), `vector`, (ads, dimensions), and `booked`, the orders of each day."""

    account: np.ndarray
    spend: np.ndarray
    impressions: np.ndarray
    clicks: np.ndarray
    frequency: np.ndarray
    """Zero where nobody tells."""
    revenue: np.ndarray
    """On the day of the click, however late it was booked."""
    vector: np.ndarray
    booked: list[Events]

    @property
    def days(self) -> int:
        return len(self.spend)

    @property
    def accounts(self) -> int:
        return int(self.account.max()) + 1

    def told(self, day: int) -> Rows:
        """The day's rows of the ads that spent or were clicked."""
        return self.rows(day, np.flatnonzero((self.spend[day] > 0) | (self.clicks[day] > 0)))

    def rows(self, day: int, ads: np.ndarray, spend: np.ndarray | None = None) -> Rows:
        return Rows(
            ad_id=ads,
            account_id=self.account[ads],
            spend=self.spend[day, ads] if spend is None else spend,
            impressions=self.impressions[day, ads],
            clicks=self.clicks[day, ads],
            frequency=self.frequency[day, ads],
            vector=self.vector[ads],
        )

    def events(self, day: int, known: np.ndarray) -> Events:
        """The orders booked on the day, of the ads that are known."""
        events = self.booked[day]
        kept = known[events.ad_id]
        return Events(events.ad_id[kept], events.click_day[kept], events.value[kept])

    def seen_through(self, share: float, rng: np.random.Generator) -> Panel:
        """The same days with a random part of the orders told of; `revenue` stays that of all."""
        booked = []
        for events in self.booked:
            told = rng.random(len(events.ad_id)) < share
            booked.append(Events(events.ad_id[told], events.click_day[told], events.value[told]))
        return replace(self, booked=booked)
