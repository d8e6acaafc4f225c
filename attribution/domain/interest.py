"""The organic baseline around clicks: rates of conversions that no seen click brought, by how far a click is away.

A person's own rate is μ, each click within the window adds ν, and clicks that are near in time add κ, before and after alike:
interest makes people click and ask. How much asking follows clicking rather than precedes it cannot be seen without an experiment.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from attribution.domain.delays import BINS

ACTIVITY_SHAPE = 0.45
"""How unequal people are: of somebody seen clicking n times, n + shape is expected in proportion, as in the negative
binomial model of Ehrenberg (1959), whose shape lies near one half for visits. It ties μ to ν, which no count of clicks could."""
FOLLOWS = 1.35
"""How much more organic conversions follow clicks than precede them: people look around before they ask. Assumed."""
START_INTEREST, PRIOR_INTEREST = 0.15, 0.5
"""Before anything was learnt interest is taken to be so large a part of a delayed click's effect, as by so many conversions."""
UNWATCHED = 0.05
"""The same once more where only clicks before are known: too little to matter but at delays that were never watched."""
PRIOR_OTHER = 2.0
"""So many conversions hold the baseline of other devices to that of the own."""
ROUNDS = 100


@dataclass(frozen=True)
class Cells:
    """Pairs of a conversion and a click around it, by the cell (device × bin) of their distance, and what was watched."""

    deal: np.ndarray
    cell: np.ndarray
    is_after: np.ndarray
    watched: np.ndarray
    """Click-days after clicks by cell."""
    watched_before: np.ndarray
    """Click-days before clicks by cell."""
    person_days: float
    """Days on which a visitor was inside a window before or after a click."""
    deals: int


@dataclass(frozen=True)
class Baseline:
    of_click: np.ndarray
    """ν by device."""
    near: np.ndarray
    """κ by cell."""
    alone: float
    """μ."""

    def of_rows(self, cells: Cells) -> np.ndarray:
        follows = np.where(cells.is_after, 1.0, FOLLOWS)
        return self.of_click[cells.cell // BINS] + follows * self.near[cells.cell]


def starting_interest(effect: np.ndarray) -> np.ndarray:
    """κ that is assumed beside an effect q·f of clicks, of the same shape: none within the session of a click."""
    return START_INTEREST * effect * (np.arange(BINS) > 0)


def starting_baseline(cells: Cells) -> Baseline:
    watched = cells.watched.sum() + cells.watched_before.sum()
    rate = 0.1 * cells.deals / max(watched, 1.0)
    near = np.where(np.arange(cells.watched.size) % BINS < BINS - 1, rate, 0.0)
    return Baseline(np.full(cells.watched.size // BINS, rate), near, ACTIVITY_SHAPE * rate)


def organic_rates(
    cells: Cells, baseline: Baseline, weight: np.ndarray, prior: np.ndarray, prior_leads: float
) -> Baseline:
    """One step of EM. `weight`: of each conversion, 1 ÷ its hazard. `prior`: κ by device and bin before anything was seen."""
    follows = np.where(cells.is_after, 1.0, FOLLOWS)
    of_row = weight[cells.deal]
    flat = np.bincount(
        cells.cell // BINS, baseline.of_click[cells.cell // BINS] * of_row, minlength=baseline.of_click.size
    )
    alone = baseline.alone * weight.sum()
    watched = cells.watched + cells.watched_before
    of_click = _of_click(flat, alone + prior_leads, watched, cells.person_days)
    near = np.bincount(cells.cell, baseline.near[cells.cell] * follows * of_row, minlength=watched.size)
    near = _near(near, FOLLOWS * cells.watched + cells.watched_before, prior.ravel(), PRIOR_INTEREST)
    near[BINS - 1 :: BINS] = 0.0
    return Baseline(of_click, near, ACTIVITY_SHAPE * of_click[0])


def organic_before(
    cells: Cells, baseline: Baseline, organic: np.ndarray, person_days: float, prior_leads: float
) -> tuple[float, np.ndarray]:
    """μ and the rates by device and bin that say the same of conversions when only the clicks before them are known.

    `organic`: of each conversion, the chance that no seen click brought it.
    """
    before = ~cells.is_after
    deal, cell = cells.deal[before], cells.cell[before]
    device = cell // BINS
    of_click, around = baseline.of_click, FOLLOWS * baseline.near
    near = around
    for _ in range(ROUNDS):
        alone = ACTIVITY_SHAPE * of_click[0]
        everything = np.bincount(deal, of_click[device] + near[cell], minlength=cells.deals) + alone
        of_deal = organic / everything
        flat = np.bincount(device, of_click[device] * of_deal[deal], minlength=of_click.size)
        near = _near(
            np.bincount(cell, near[cell] * of_deal[deal], minlength=near.size), cells.watched, around, UNWATCHED
        )
        of_click = _of_click(flat, alone * of_deal.sum() + prior_leads, cells.watched, person_days)
    return ACTIVITY_SHAPE * float(of_click[0]), of_click[:, None] + near.reshape(-1, BINS)


def _near(conversions: np.ndarray, watched: np.ndarray, prior: np.ndarray, strength: float) -> np.ndarray:
    """κ by cell: conversions per watched day, held as by `strength` conversions to a prior rate where there is one."""
    held = strength * (prior > 0)
    return (conversions + held) / np.maximum(watched + held / np.maximum(prior, 1e-12), 1e-9)


def _of_click(flat: np.ndarray, alone: float, watched: np.ndarray, person_days: float) -> np.ndarray:
    """ν by device: conversions of the own device and of μ per watched day; other devices are held to the own."""
    days = watched.reshape(-1, BINS).sum(axis=1)
    own = (flat[0] + alone) / max(days[0] + ACTIVITY_SHAPE * person_days, 1.0)
    others = (flat[1:] + PRIOR_OTHER) / (days[1:] + PRIOR_OTHER / max(own, 1e-12))
    return np.concatenate([[own], others])
