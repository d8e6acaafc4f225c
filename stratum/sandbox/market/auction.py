"""One hour of one account's auction: budgets become spend, impressions and clicks.

The price of a thousand impressions rises with the ad set's daily rate of spend, `cpm = base x (1 + rate / saturation)`,
so reach follows a Hill curve of spend. A creative tires as its frequency grows and slowly recovers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from stratum.sandbox.market.randomness import stream
from stratum.sandbox.market.seasons import HOUR_SHARE, WEEKDAY_CPM
from stratum.sandbox.market.structure import Account, a_day

DAY_SPEND_LIMITS = {"meta": 1.75, "google": 2.0}
MEMORY_HOURS = 21 * 24
RATE_HOURS = 12


@dataclass(frozen=True)
class HourOfAds:
    """One value an ad, in the order of the account's ads; spend in major units."""

    local_date: date
    spend: np.ndarray
    impressions: np.ndarray
    clicks: np.ndarray


class Auction:
    """What an account's delivery remembers from hour to hour."""

    def __init__(self, account: Account, seed: int) -> None:
        self.account, self.seed = account, seed
        place = {ad_set.id: index for index, ad_set in enumerate(account.ad_sets)}
        self.campaign = {campaign.id: campaign for campaign in account.campaigns}
        self.set_of_ad = np.array([place[ad.adset_id] for ad in account.ads])
        self.base_cpm = np.array([ad_set.base_cpm for ad_set in account.ad_sets])
        self.saturation = np.array([ad_set.saturation for ad_set in account.ad_sets])
        self.audience = np.array([ad_set.audience for ad_set in account.ad_sets], dtype=float)
        self.click_rate = np.array([ad.click_rate for ad in account.ads])
        self.tiring = np.array([ad.tiring_frequency for ad in account.ads])
        self.exposures = np.zeros(len(account.ads))
        self.daily_rate = self.budgets()
        self.spent_today = np.zeros(len(account.ad_sets))
        self.highest_today = np.zeros(len(account.ad_sets))
        self.today: date | None = None
        self.runaway = 1.0
        """A fault of the platform: everything is delivered so many times as fast, and no daily budget holds it back."""

    def budgets(self, at: datetime | None = None) -> np.ndarray:
        """What each ad set is to spend a day, in major units; zero when nothing of it may run, or its run has ended by `at`."""
        running = {
            self.account.ads[i].adset_id for i in range(len(self.account.ads)) if self.account.ads[i].status == "ACTIVE"
        }
        live = [
            s.status == "ACTIVE" and self.campaign[s.campaign_id].status == "ACTIVE" and s.id in running
            for s in self.account.ad_sets
        ]
        pooled: dict[str, float] = {}
        for ad_set, alive in zip(self.account.ad_sets, live, strict=True):
            key = self.campaign[ad_set.campaign_id].pool
            pooled[key] = pooled.get(key, 0.0) + ad_set.appeal * alive
        budgets = np.zeros(len(live))
        for index, (ad_set, alive) in enumerate(zip(self.account.ad_sets, live, strict=True)):
            campaign = self.campaign[ad_set.campaign_id]
            together = a_day(campaign, at)
            if alive and together is not None:
                budgets[index] = together * ad_set.appeal / pooled[campaign.pool]
            elif alive:
                budgets[index] = a_day(ad_set, at) or 0
        return budgets / self.account.units()

    def frequency(self) -> np.ndarray:
        """Times a person of the audience has seen each ad, old exposures forgotten."""
        return self.exposures / self.audience[self.set_of_ad]

    def freshness(self) -> np.ndarray:
        """What is left of each ad's click rate: 1 when new, falling with frequency."""
        return 1 / (1 + (self.frequency() / self.tiring) ** 1.5)

    def cpm(self, weekday: int | None = None) -> np.ndarray:
        """Price of a thousand impressions an ad set, at its present rate of spend."""
        season = 1.0 if weekday is None else WEEKDAY_CPM[weekday]
        return self.base_cpm * (1 + self.daily_rate / self.saturation) * season

    def run_hour(self, starts_at: datetime, tick: int) -> HourOfAds:
        """Advances by the hour that starts at `starts_at` (aware)."""
        rng = stream(self.seed, "auction", int(self.account.id) % 2**31, tick)
        local = starts_at.astimezone(self.account.zone())
        budgets = self._open_day(local)
        planned = (
            budgets * HOUR_SHARE[local.hour] * self._day_mood(local.date()) * rng.lognormal(-0.02, 0.2, len(budgets))
        )
        left = np.maximum(0.0, DAY_SPEND_LIMITS[self.account.platform] * self.highest_today - self.spent_today)
        set_spend = np.minimum(planned, left) if self.runaway == 1.0 else planned * self.runaway
        self.spent_today += set_spend
        self.daily_rate += (budgets - self.daily_rate) / RATE_HOURS
        spend = set_spend[self.set_of_ad] * self._split()
        impressions = rng.poisson(spend / self.cpm(local.weekday())[self.set_of_ad] * 1000)
        clicks = rng.binomial(impressions, np.minimum(1.0, self.click_rate * self.freshness()))
        self.exposures = self.exposures * 0.5 ** (1 / MEMORY_HOURS) + impressions
        return HourOfAds(local.date(), spend, impressions, clicks)

    def _open_day(self, now: datetime) -> np.ndarray:
        budgets, today = self.budgets(now), now.date()
        if today != self.today:
            self.today = today
            self.spent_today[:] = 0.0
            self.highest_today[:] = 0.0
        # The platform's guard counts from the highest budget of the day: a raise that was taken back still counts.
        self.highest_today = np.maximum(self.highest_today, budgets)
        return budgets

    def _day_mood(self, day: date) -> np.ndarray:
        rng = stream(self.seed, "mood", int(self.account.id) % 2**31, day.toordinal())
        return rng.lognormal(-0.005, 0.1, len(self.account.ad_sets))

    def _split(self) -> np.ndarray:
        """Share of its ad set's hour that each ad gets: the better clicked, the more; paused ads nothing."""
        active = np.array([ad.status == "ACTIVE" for ad in self.account.ads])
        pull = active * (self.click_rate * self.freshness()) ** 1.2
        total = np.bincount(self.set_of_ad, pull, len(self.account.ad_sets))[self.set_of_ad]
        return np.divide(pull, total, out=np.zeros_like(pull), where=total > 0)
