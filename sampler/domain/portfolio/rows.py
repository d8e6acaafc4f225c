"""What comes in: the figures of ads, revenue booked, and the limits of a plan."""

from __future__ import annotations

from dataclasses import dataclass

from numpy.typing import ArrayLike


@dataclass(frozen=True)
class AdRows:
    """One row an ad, in any order. Money in one currency.

    `spend`, `impressions` and `clicks` are those of the day, all (ads,). `frequency`: how often the audience has seen the ad lately,
    the day included, with a half-life of 20 days (`frequency_lately`); without it a plan goes by what was told last.
    `vector`: (ads, dimensions), what the creative looks like; the same number of dimensions in every call. `log_boost`: what is
    known from elsewhere about the ad's revenue per spend, as a shift of its logarithm before its own conversions have spoken.
    """

    ad_id: ArrayLike
    account_id: ArrayLike
    spend: ArrayLike
    impressions: ArrayLike
    clicks: ArrayLike
    frequency: ArrayLike | None = None
    vector: ArrayLike | None = None
    log_boost: ArrayLike | None = None


@dataclass(frozen=True)
class ValueEvents:
    """Revenue booked for a click of `click_day`, all (events,). Less than zero takes revenue back; zero says nothing."""

    ad_id: ArrayLike
    click_day: ArrayLike
    value: ArrayLike


@dataclass(frozen=True)
class Limits:
    """`floor`, `ceiling` and `launch` in money, each one number or one an ad; they bound every ad's budget.

    `step` is the part of yesterday's budget by which a budget may change, None for no bound. An ad without budget, or with less
    than `launch`, may get up to `launch`.
    """

    step: float | None = 0.20
    floor: ArrayLike = 0.0
    ceiling: ArrayLike | None = None
    launch: ArrayLike = 50.0
