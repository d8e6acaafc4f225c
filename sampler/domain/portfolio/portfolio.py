"""The engine: told what ads did, it says what each may spend next."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sampler.domain.portfolio import state
from sampler.domain.portfolio.booking import book_events
from sampler.domain.portfolio.config import HOTTEST, PortfolioConfig
from sampler.domain.portfolio.days import open_day
from sampler.domain.portfolio.deciding import decide
from sampler.domain.portfolio.memory import Memory
from sampler.domain.portfolio.newcomers import learning_until
from sampler.domain.portfolio.plan import Plan
from sampler.domain.portfolio.refitting import refit
from sampler.domain.portfolio.row_checks import CheckedRows, checked_events, checked_rows, refuse_unknown, whole
from sampler.domain.portfolio.rows import AdRows, Limits, ValueEvents
from sampler.domain.portfolio.telling import tell_rows
from sampler.domain.portfolio.told import Told

DAILY = Limits()


class Portfolio:
    """Expected revenue of an ad = clicks of its budget x conversions per click x value of a conversion, each learnt per ad around what
    its account and its creative promise (hierarchical empirical Bayes), corrected for conversions that are still on their way.

    `observe` and `plan` raise ValueError, naming the field and the first bad index, before anything is changed: for what is not a finite
    number, negative spend, impressions, clicks or frequency, unequal lengths, an ad told of twice in a call, vectors of another
    length than before, and events of ads never told of or of clicks to come.
    """

    def __init__(self, config: PortfolioConfig | None = None, *, seed: int = 0) -> None:
        self._memory = Memory.blank(config or PortfolioConfig(), int(seed))
        self._morning = self._memory
        self._told: Told | None = None

    def observe(self, day: int, ads: AdRows, events: ValueEvents | None = None) -> None:
        """What the ads did on `day`, and the revenue that was booked on it.

        Days may be skipped. A day may be told of in several calls, which come to the same as one: an ad's figures replace those told
        before of the same day, events add up. A late call for the day before the newest is as good as one in time; of days before
        that, figures only correct how many clicks conversions are waited for, and events count in full. Neither the order of rows nor
        that of events changes anything. `log_boost` belongs to plans and is not kept.
        """
        day = _day(day)
        rows, happened = self._checked(ads), checked_events(events, day)
        if events is not None and len(np.asarray(events.ad_id)):
            refuse_unknown(events, self._known(np.asarray(events.ad_id), rows.ad_id))
        told = Told(day, rows, happened)
        morning = self._morning
        if self._told is None or day > self._told.day:
            morning = self._memory
        elif day == self._told.day:
            told = self._told.with_more(rows, happened)
        else:
            morning, told = _after(morning, told), self._told
        self._memory, self._morning, self._told = _after(morning, told), morning, told

    def plan(
        self,
        day: int,
        budget: float,
        ads: AdRows,
        limits: Limits = DAILY,
        *,
        seed: int | None = None,
        temperature: ArrayLike | None = None,
    ) -> Plan:
        """The budgets of `day` for the ads that may spend, `spend` being yesterday's budget. Changes nothing.

        Budgets sum to `budget`. Floors and ceilings always hold; ValueError where they cannot with this total. Steps and launch
        budgets give way in proportion where the total leaves no choice, and `findings` says so. No ads, no budgets. `seed` and
        `temperature` (one number, or one an ad) draw this plan otherwise than the portfolio's own would.
        """
        day, rows = _day(day), self._checked(ads)
        if not 0 <= budget < np.inf:
            raise ValueError(f"budget is {budget}: an amount of money, 0 or more")
        drawn_at = _temperature(self.config.temperature if temperature is None else temperature, len(rows))
        own_seed = self._memory.seed if seed is None else int(seed)
        return decide(self._memory, day, float(budget), rows, limits, own_seed, drawn_at)

    def learning_until(self, ad_id: ArrayLike, account_id: ArrayLike, *, days: float) -> NDArray[np.float64]:
        """The day from which on each ad is no longer new; see `newcomers`."""
        ids = whole("ad_id", ad_id)
        return learning_until(self._memory, ids, whole("account_id", account_id, len(ids)), days)

    @property
    def config(self) -> PortfolioConfig:
        return self._memory.config

    def state(self) -> dict[str, NDArray]:
        """All that is remembered, as arrays of plain types (`numpy.savez` takes them)."""
        told = {} if self._told is None else state.under("told", self._told.state())
        now, morning = (state.as_arrays(memory) for memory in (self._memory, self._morning))
        return state.under("now", now) | state.under("morning", morning) | told

    @classmethod
    def restore(cls, arrays: dict[str, NDArray]) -> Portfolio:
        """The portfolio that `state` told of; it goes on bit for bit as the other would have."""
        portfolio = cls.__new__(cls)
        portfolio._memory = state.from_arrays(state.part_of(arrays, "now"))
        portfolio._morning = state.from_arrays(state.part_of(arrays, "morning"))
        told = state.part_of(arrays, "told")
        portfolio._told = Told.restore(told) if told else None
        return portfolio

    def _checked(self, ads: AdRows) -> CheckedRows:
        rows, known = checked_rows(ads), self._memory.dimensions
        if rows.vector is not None and known and rows.vector.shape[1] != known:
            raise ValueError(f"vector has {rows.vector.shape[1]} dimensions, {known} before: first bad index 0")
        return rows

    def _known(self, ids: NDArray, told_now: NDArray[np.int64]) -> NDArray[np.bool_]:
        memory = self._memory
        return (memory.ads.find(ids) >= 0) | np.isin(ids, told_now) | np.isin(ids, memory.gone_ids)


def _after(memory: Memory, told: Told) -> Memory:
    """A copy that has learnt, so that a call that fails has changed nothing."""
    memory = memory.copy()
    open_day(memory, told.day)
    tell_rows(memory, told.day, told.rows)
    book_events(memory, told.day, told.events)
    refit(memory)
    return memory


def _day(day: int) -> int:
    if isinstance(day, bool) or int(day) != day or abs(int(day)) > 2**31:
        raise ValueError(f"day is {day}: a whole number of days")
    return int(day)


def _temperature(given: ArrayLike, count: int) -> NDArray[np.float64]:
    each = np.broadcast_to(np.asarray(given, dtype=np.float64), count)
    if bad := np.flatnonzero(~((each >= 0) & (each <= HOTTEST))).tolist():
        raise ValueError(f"temperature[{bad[0]}] is {each[bad[0]]}, not between 0 and {HOTTEST:g}")
    return each
