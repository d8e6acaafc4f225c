"""From days and leads to what the engine knows of every budget: told anew each turn, so that it is a function of the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from attribution.domain.outcomes import AdDayOutcomes, RevenueEvents
from attribution.selectors import ad_day_outcomes, revenue_events
from learning.loops.actuals import HISTORY_DAYS
from sampler.actions.write_portfolio import write_portfolio
from sampler.domain import AdRows, Portfolio, PortfolioConfig, ValueEvents
from sampler.domain.frequency_lately import frequency_lately
from sampler.selectors import HolderOfAd, drift_of, holders_of_ads
from stratum.core.models import AdAccount
from stratum.core.periods import Period


@dataclass(frozen=True)
class Days:
    """What budgets did, a row for each budget and day. Equal lengths."""

    day: np.ndarray
    holder: np.ndarray
    account: np.ndarray
    spend: np.ndarray
    impressions: np.ndarray
    clicks: np.ndarray
    frequency: np.ndarray
    """How often the audience has seen its ads lately, those of the day weighed by what they showed; 0, as if fresh, where nobody told."""


def portfolio_update(scope: str, accounts: Sequence[AdAccount], *, until: date, now: datetime) -> str:
    """Learns a scope's budgets from the last 120 days up to `until`, a day that is over; the digest of the state, empty without any days.

    The same days and leads give the same state, bit for bit.
    """
    holders = holders_of_ads(accounts)
    period = Period.last(HISTORY_DAYS, end=until)
    outcomes = ad_day_outcomes(period)
    days = by_holder(outcomes, holders)
    events = _known_events(revenue_events(outcomes, period), holders, days)
    if not days.day.size:
        return ""
    portfolio = learnt_portfolio(days, events, until.toordinal(), PortfolioConfig(delay=are_late(events)))
    told = {"as_of": until, "holders": len(np.unique(days.holder)), "events": len(events.value)}
    drift = {account.pk: drift_of(account, until) for account in accounts}
    return write_portfolio(scope, portfolio, drift=drift, **told, now=now).digest


def are_late(events: RevenueEvents) -> bool:
    """Whether sales come after their clicks at all. Where every one is booked on the day of the click, as platforms and files do, none is waited for."""
    return bool((events.lead_day > events.click_day).any())


def learnt_portfolio(days: Days, events: RevenueEvents, until: int, config: PortfolioConfig) -> Portfolio:
    """The engine after all days up to `until`, a proleptic ordinal; `events.ad_id` are holders."""
    portfolio = Portfolio(config, seed=0)
    for day in range(int(days.day.min()), until + 1):
        on, came = days.day == day, events.lead_day == day
        figures = (days.spend, days.impressions, days.clicks, days.frequency)
        rows = AdRows(days.holder[on], days.account[on], *(figure[on] for figure in figures))
        portfolio.observe(day, rows, _booked(events, came))
    return portfolio


def _booked(events: RevenueEvents, came: np.ndarray) -> ValueEvents:
    """Each lead with its whole value, and what is not expected of it any more taken back."""
    lost = came & (events.lost > 0)
    ids, click_day = (np.concatenate([column[came], column[lost]]) for column in (events.ad_id, events.click_day))
    return ValueEvents(ids, click_day, np.concatenate([events.value[came], -events.lost[lost]]))


def by_holder(outcomes: AdDayOutcomes, holders: dict[int, HolderOfAd]) -> Days:
    """An ad's days added up to those of what holds its budget. Rows that only revenue speaks of are no days."""
    known = np.isin(outcomes.ad_id, list(holders)) & (
        (outcomes.spend > 0) | (outcomes.clicks > 0) | (outcomes.impressions > 0)
    )
    holder = np.array([holders[ad].key for ad in outcomes.ad_id[known].tolist()], dtype=np.int64)
    account = np.array([holders[ad].account for ad in outcomes.ad_id[known].tolist()], dtype=np.int64)
    pairs, of = np.unique(np.column_stack([outcomes.day[known], holder, account]), axis=0, return_inverse=True)

    def total(column: np.ndarray) -> np.ndarray:
        return np.bincount(of.ravel(), column[known].astype(float), len(pairs))

    day, of_holder, of_account = pairs.T if len(pairs) else np.empty((3, 0), dtype=np.int64)
    lately = frequency_lately(outcomes.ad_id, outcomes.day, outcomes.impressions, outcomes.frequency)
    told = np.where(np.isnan(lately), 0, outcomes.impressions)
    frequency = total(told * np.nan_to_num(lately)) / np.maximum(total(told), 1.0)
    figures = (total(column) for column in (outcomes.spend, outcomes.impressions, outcomes.clicks))
    return Days(day, of_holder, of_account, *figures, frequency)


def _known_events(events: RevenueEvents, holders: dict[int, HolderOfAd], days: Days) -> RevenueEvents:
    """Leads of clicks on days that are told of, by what holds the budget."""
    keys = np.array([holders[ad].key if ad in holders else -1 for ad in events.ad_id.tolist()], dtype=np.int64)
    known, row = np.unique(days.holder, return_inverse=True)
    first = np.full(len(known) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, row.ravel(), days.day)
    at = np.minimum(np.searchsorted(known, keys), max(len(known) - 1, 0))
    kept = (known[at] == keys) & (events.click_day >= first[at]) if len(known) else np.zeros(len(keys), dtype=bool)
    columns = (events.click_day, events.lead_day, events.value, events.lost)
    return RevenueEvents(keys[kept], *(column[kept] for column in columns))
