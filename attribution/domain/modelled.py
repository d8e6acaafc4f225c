"""The rest: revenue that ads brought without leaving a key. Spread over ads in aggregate, never pinned on a person.

How much there is cannot be told from clicks: it is anchored to the share of leads that ads bring according to a lift study or
a holdout, or else assumed cautiously. Where it goes follows the same hazard as the credits: recent clicks × pull × fit of the form.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from attribution.domain.delays import BINS, EDGES, WIDTHS, WINDOW

LAGS = int(WINDOW)
CAUTION = 0.5
"""Without an anchor, leads without a key are taken to be half as often ad-driven as leads are explained on the whole."""


def decay_by_day(decay: np.ndarray) -> np.ndarray:
    """f by whole days of lag, shape (LAGS,), from its bins (shape (DEVICES, BINS) or (BINS,)); sums to one."""
    density = decay.reshape(-1, BINS).sum(axis=0)
    edges = np.array([0.0, *EDGES, WINDOW])
    cumulative = np.concatenate([[0.0], np.cumsum(density * WIDTHS)])
    by_day = np.diff(np.interp(np.arange(LAGS + 1), edges, cumulative))
    return by_day / by_day.sum()


def pressure(clicks: np.ndarray, pull: np.ndarray, by_day: np.ndarray) -> np.ndarray:
    """Conversions to be expected from all clicks so far, by day and ad. `clicks` has shape (days, ads), so has the result."""
    expected = np.zeros(clicks.shape)
    for lag, share in enumerate(by_day[: clicks.shape[0]]):
        expected[lag:] += share * clicks[: clicks.shape[0] - lag]
    return expected * pull


def assumed_share(explained: float, leads: float) -> float:
    """The share of ad-driven leads where nobody measured it: what is explained, and of the rest a cautious part."""
    known = explained / leads if leads else 0.0
    return known + (1 - known) * known * CAUTION


def ad_driven_chance(open_mass: np.ndarray, expected: np.ndarray, missing: float) -> np.ndarray:
    """Chance that what is unattributed on a day was brought by an ad after all; shape (days,).

    `open_mass` is the unattributed number of leads by day, `expected` the pressure of all ads, `missing` the number of leads
    that the anchor says are still to be found. Days share it by expected ÷ (expected + baseline); the baseline is solved for.
    """
    if missing <= 0 or not open_mass.sum() or not expected.any():
        return np.zeros(open_mass.size)
    if missing >= open_mass[expected > 0].sum():
        return (expected > 0).astype(float)
    low, high = 0.0, 1e9 * expected.max()
    for _ in range(200):
        middle = (low + high) / 2 if high < 1e-6 else np.sqrt(max(low, 1e-12) * high)
        found = (open_mass * expected / (expected + middle)).sum()
        low, high = (middle, high) if found > missing else (low, middle)
    return expected / (expected + high)


def shares_of_ads(expected: np.ndarray, lift: np.ndarray) -> np.ndarray:
    """How a lead of each day and form divides over the ads; shape (days, forms, ads), sums to one where any ad had clicks.

    `expected` has shape (days, ads), `lift` (forms, ads).
    """
    weight = expected[:, None, :] * lift[None, :, :]
    total = weight.sum(axis=2, keepdims=True)
    return np.divide(weight, total, out=np.zeros_like(weight), where=total > 0)


@dataclass(frozen=True)
class Open:
    """Unattributed lines of deals, equal lengths: index of the lead's day, of its form, of the booking's day, amount, credit."""

    lead_day: np.ndarray
    form: np.ndarray
    booked_day: np.ndarray
    amount: np.ndarray
    credit: np.ndarray


@dataclass(frozen=True)
class Spread:
    """Expected amount and number of deals by day and ad, on both bases; the amounts of both sum to the same."""

    cash: np.ndarray
    cash_deals: np.ndarray
    accrual: np.ndarray
    accrual_deals: np.ndarray


def spread(
    lines: Open, chance: np.ndarray, shares: np.ndarray, clicks: np.ndarray, by_day: np.ndarray, booked_days: int
) -> Spread:
    """The modelled part of unattributed lines over ads: on the day of the booking, and on the days of the clicks."""
    days, forms, ads = shares.shape
    part = chance[lines.lead_day]
    cash, cash_deals = np.zeros((booked_days, ads)), np.zeros((booked_days, ads))
    for first in range(0, part.size, 20_000):
        some = slice(first, first + 20_000)
        weight = shares[lines.lead_day[some], lines.form[some]] * part[some, None]
        np.add.at(cash, lines.booked_day[some], weight * lines.amount[some, None])
        np.add.at(cash_deals, lines.booked_day[some], weight * lines.credit[some, None])
    cell = lines.lead_day * forms + lines.form
    accrual, accrual_deals = np.zeros((days, ads)), np.zeros((days, ads))
    for of_lines, of_days in ((lines.amount, accrual), (lines.credit, accrual_deals)):
        by_cell = np.bincount(cell, part * of_lines, minlength=days * forms).reshape(days, forms)
        _on_click_days(np.einsum("df,dfa->da", by_cell, shares), clicks, by_day, of_days)
    return Spread(cash, cash_deals, accrual, accrual_deals)


def _on_click_days(by_lead_day: np.ndarray, clicks: np.ndarray, by_day: np.ndarray, out: np.ndarray) -> None:
    days = clicks.shape[0]
    reach = pressure(clicks, np.ones(clicks.shape[1]), by_day)
    rate = np.divide(by_lead_day, reach, out=np.zeros_like(reach), where=reach > 0)
    for lag, share in enumerate(by_day[:days]):
        out[: days - lag] += share * clicks[: days - lag] * rate[lag:]


def whole(amounts: np.ndarray) -> np.ndarray:
    """Amounts in whole minor units whose sum is the rounded sum, by largest remainder. Shape kept."""
    flat = np.floor(amounts).ravel()
    missing = round(float(amounts.sum())) - int(flat.sum())
    flat[np.argsort(flat - amounts.ravel(), kind="stable")[:missing]] += 1
    return flat.reshape(amounts.shape).astype(np.int64)
