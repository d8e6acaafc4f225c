"""What a platform's report shows of each ad: figures by day of the click, orders as far as they are booked."""

from __future__ import annotations

import numpy as np

from bench.market.policy import Events, Rows


class History:
    """`clicks[day, ad]` and its siblings; `revenue` and `orders` stand on the day of the click, `booked` on the day of the order."""

    FIGURES = ("spend", "impressions", "clicks", "frequency")
    TALLIES = ("revenue", "orders", "booked", "log_value")

    def __init__(self) -> None:
        self.day = -1
        self.account = np.zeros(0, int)
        self.born = np.zeros(0, int)
        for name in (*self.FIGURES, *self.TALLIES):
            setattr(self, name, np.zeros((0, 0)))

    def add(self, day: int, rows: Rows, events: Events) -> None:
        self._grow(day + 1, int(rows.ad_id.max()) + 1)
        self.day = day
        self.account[rows.ad_id] = rows.account_id
        self.born[rows.ad_id] = np.minimum(self.born[rows.ad_id], day)
        for name in self.FIGURES:
            getattr(self, name)[day, rows.ad_id] = getattr(rows, name)
        np.add.at(self.revenue, (events.click_day, events.ad_id), events.value)
        np.add.at(self.orders, (events.click_day, events.ad_id), 1.0)
        np.add.at(self.log_value, (events.click_day, events.ad_id), np.log(events.value))
        np.add.at(self.booked[day], events.ad_id, events.value)

    def recent(self, name: str, days: int, *, skip: int = 0) -> np.ndarray:
        """The sum by ad over the latest days, the latest `skip` left out."""
        end = self.day + 1 - skip
        return getattr(self, name)[max(end - days, 0) : max(end, 0)].sum(axis=0)

    def faded(self, name: str, keep: float) -> np.ndarray:
        """The sum by ad, each day back worth `keep` of the next."""
        weight = keep ** np.arange(self.day, -1, -1)
        return weight @ getattr(self, name)[: self.day + 1]

    def known(self, ad: np.ndarray) -> np.ndarray:
        """Whether an ad has been reported yet."""
        return (ad < self.born.size) & (self.born[np.minimum(ad, self.born.size - 1)] <= self.day)

    def of(self, values: np.ndarray, ad: np.ndarray, missing: float = 0.0) -> np.ndarray:
        return np.where(self.known(ad), values[np.minimum(ad, values.size - 1)], missing)

    def account_total(self, values: np.ndarray, accounts: int) -> np.ndarray:
        return np.bincount(self.account, values, minlength=accounts)

    def _grow(self, days: int, ads: int) -> None:
        rows, columns = self.spend.shape
        if days <= rows and ads <= columns:
            return
        shape = (max(days, 2 * rows, 64), max(ads, 2 * columns))
        for name in (*self.FIGURES, *self.TALLIES):
            larger = np.zeros(shape)
            larger[:rows, :columns] = getattr(self, name)
            setattr(self, name, larger)
        more = shape[1] - columns
        self.account = np.concatenate([self.account, np.zeros(more, int)])
        self.born = np.concatenate([self.born, np.full(more, np.iinfo(np.int64).max)])
