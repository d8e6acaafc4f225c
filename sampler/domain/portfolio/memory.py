"""All that the engine remembers between days."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from sampler.domain.portfolio import breaks
from sampler.domain.portfolio.clicks import SLOPE_START, WEAR_START
from sampler.domain.portfolio.columns import LONG_AGO, account_columns, ad_columns
from sampler.domain.portfolio.config import PortfolioConfig
from sampler.domain.portfolio.creative_prior import CreativePrior, Pulls, empty, start_pulls
from sampler.domain.portfolio.interval_width import Width
from sampler.domain.portfolio.noise import Noise
from sampler.domain.portfolio.table import Column, Table

Array = NDArray[np.float64]
Ids = NDArray[np.int64]


@dataclass
class Memory:
    """`today` is the last day told of. `reference` is the log spend at which ads are compared with each other."""

    config: PortfolioConfig
    seed: int
    ads: Table
    accounts: Table
    today: int | None = None
    reference: float | None = None
    level_start: float = 0.0
    level_variance: float = 1.0
    slope: float = SLOPE_START
    wear: float = WEAR_START
    shape: float = 4.0
    noise: Noise = field(default_factory=Noise)
    width: Width = field(default_factory=Width)
    level_prior: CreativePrior = field(default_factory=lambda: empty(1, 0, 0.0))
    rate_prior: CreativePrior | None = None
    level_pulls: Pulls = field(default_factory=lambda: start_pulls(0))
    rate_pulls: Pulls = field(default_factory=lambda: start_pulls(0))
    dimensions: int = 0
    """Of the vectors as they are given; 0 before the first."""
    vector_mean: Array = field(default_factory=lambda: np.empty(0))
    vector_scale: Array = field(default_factory=lambda: np.empty(0))
    gone_ids: Ids = field(default_factory=lambda: np.empty(0, np.int64))
    gone_days: Ids = field(default_factory=lambda: np.empty(0, np.int64))

    @classmethod
    def blank(cls, config: PortfolioConfig, seed: int) -> Memory:
        accounts = Table(account_columns(config.horizon))
        accounts.add(np.array([LONG_AGO]))
        return cls(config, seed, Table(ad_columns(config.horizon)), accounts)

    def copy(self) -> Memory:
        """Of its own tables; everything else is replaced and never written into."""
        return replace(self, ads=self.ads.copy(), accounts=self.accounts.copy())

    @property
    def history_days(self) -> int:
        """How long ago the oldest of the remembered ads was first told of."""
        return self.today - int(self.ads["first_day"].min()) if len(self.ads) and self.today is not None else 0

    def own_shape(self) -> Array:
        """(ads,): how many conversions' worth an ad's own rate is pulled to its like; little where it broke with its past."""
        return np.where(self.broken("broke"), breaks.ANEW, self.shape)

    def broken(self, what: str) -> NDArray[np.bool_]:
        """(ads,): whose conversions (`broke`) or order values (`broke_value`) broke with their past within the horizon."""
        return self.ads[what] > (0 if self.today is None else self.today) - self.config.horizon - 1

    def account_slots(self, account_id: Ids) -> Ids:
        """0, the row of nobody, for accounts never told of."""
        return np.maximum(self.accounts.find(account_id), 0)

    def add_accounts(self, account_id: Ids) -> None:
        new = np.unique(account_id[self.accounts.find(account_id) < 0])
        if len(new):
            self.accounts.add(new)

    def keep_vectors(self, dimensions: int) -> None:
        """The first vectors say how many dimensions there are."""
        if self.dimensions:
            return
        self.dimensions = dimensions
        kept = min(dimensions, self.config.vectors_kept)
        self.ads.add_column("vector", Column(np.nan, (kept,)))
        self.vector_mean, self.vector_scale = np.zeros(kept), np.ones(kept)

    def projected(self, vector: Array) -> Array:
        """(ads, kept): vectors of many dimensions turned onto fewer by a fixed random rotation (Johnson & Lindenstrauss 1984)."""
        if self.dimensions <= self.config.vectors_kept:
            return vector
        turn = np.random.default_rng(self.dimensions).standard_normal((self.dimensions, self.config.vectors_kept))
        return vector @ (turn / np.sqrt(self.dimensions))

    def features(self, vector: Array) -> Array:
        """(ads, kept): centred and scaled; 0, the mean, where an ad has no vector."""
        if not self.config.vectors:
            return vector[:, :0]
        return np.clip(np.nan_to_num((vector - self.vector_mean) / self.vector_scale), -10, 10)

    def own_features(self) -> Array:
        if "vector" not in self.ads.columns:
            return np.empty((len(self.ads), 0))
        return self.features(self.ads["vector"])

    def forget_gone_ads(self) -> None:
        """Ads whose last conversions have come are dropped; only their ids stay for a while."""
        config, day = self.config, self.today
        gone = self.ads["last_day"] < day - config.horizon - 1
        if gone.any():
            self.gone_ids = np.concatenate([self.gone_ids, self.ads.ids[gone]])
            self.gone_days = np.concatenate([self.gone_days, self.ads["last_day"][gone]])
            self.ads.keep(~gone)
        known = self.gone_days >= day - config.remember
        self.gone_ids, self.gone_days = self.gone_ids[known], self.gone_days[known]
