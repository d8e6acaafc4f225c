"""Learnt tables and hazards against worlds whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from attribution.domain.calibration import (
    FINGERPRINT,
    FINGERPRINT_AND_IP,
    IP,
    RULES,
    Pairs,
    calibration_error,
    learn_table,
    reliability,
    sharing_bins,
    starting_table,
)
from attribution.domain.delays import BINS, EDGES, WIDTHS, WINDOW, bins_of
from attribution.domain.form_fit import form_lifts
from attribution.domain.hazard import OWN_DEVICE, Conversions, Exposure, learn_hazard, starting_hazard
from attribution.domain.modelled import (
    LAGS,
    Open,
    ad_driven_chance,
    assumed_share,
    decay_by_day,
    pressure,
    shares_of_ads,
    spread,
    whole,
)

RNG = np.random.default_rng(1)


def pairs_of(count, chance):
    rule = RNG.choice(RULES, count)
    sharing = 2 ** RNG.integers(0, 8, count)
    delay, form = RNG.integers(0, BINS, count), RNG.integers(0, 3, count)
    same = (RNG.random(count) < chance(rule, sharing, delay, form)).astype(int)
    return Pairs(rule, sharing, delay, form, same, np.ones(count))


def truth(rule, sharing, delay, form):
    level = np.select([rule == FINGERPRINT_AND_IP, rule == FINGERPRINT], [0.9, 0.5], 0.2)
    return level / sharing**0.5 * np.where(form == 2, 0.5, 1.0)


def test_the_starting_table_says_less_of_keys_that_more_share():
    confidence = starting_table().confidence
    assert (np.diff(confidence, axis=1) <= 0).all()
    assert (confidence[:, :, 0] >= confidence[:, :, -1]).all()
    assert ((confidence > 0) & (confidence < 1)).all()


def test_a_table_learns_what_is_true():
    learnt = learn_table(pairs_of(400_000, truth)).confidence
    cells = np.indices(learnt.shape)[:, :, :8]
    rule, sharing = np.array(RULES)[cells[0]], 2.0 ** cells[1]
    assert np.abs(learnt[:, :8] - truth(rule, sharing, cells[2], cells[3])).mean() < 0.02


def test_without_pairs_the_table_stays_as_it_started():
    nothing = Pairs(*(np.array([], dtype=int) for _ in range(6)))
    assert np.allclose(learn_table(nothing).confidence, starting_table().confidence)


def test_a_few_pairs_move_a_cell_a_little():
    one = Pairs(*(np.array([value]) for value in (IP, 1, 0, 0, 1, 1.0)))
    before, after = starting_table().confidence[2, 0, 0, 0], learn_table(one).confidence[2, 0, 0, 0]
    assert before < after < before + 0.15


def test_what_is_said_is_what_it_is_on_deals_that_were_not_learnt_from():
    pairs = pairs_of(200_000, truth)
    found = reliability(pairs, RNG.integers(0, 20_000, 200_000))
    assert calibration_error(found) < 0.01
    assert sum(one.pairs for one in found) == 200_000
    assert all(one.said_from <= one.said <= one.said_to for one in found)


@pytest.mark.parametrize(("days", "expected"), [(0, 0), (1 / 48, 1), (0.9, 3), (1, 4), (29.99, 10), (30, 11), (44, 11)])
def test_delays_fall_into_their_bins(days, expected):
    assert bins_of(np.array([days]))[0] == expected


def test_sharing_is_counted_in_doublings():
    assert sharing_bins(np.array([0, 1, 2, 3, 4, 511, 512, 10**6])).tolist() == [0, 0, 1, 1, 2, 8, 9, 9]


def simulated(organic_of_click):
    """One click each of 400,000 people, watched for the whole window after it and before."""
    people, ads = 400_000, 4
    ad = RNG.integers(0, ads, people)
    pull = np.array([0.01, 0.02, 0.03, 0.04])
    brought = RNG.random(people) < pull[ad]
    delay = np.where(RNG.random(people) < 0.5, RNG.random(people) / 48, RNG.exponential(4, people))
    by_itself = RNG.random(people) < organic_of_click * WINDOW
    delay = np.where(brought, delay, RNG.uniform(0, WINDOW, people))
    lead = (brought | by_itself) & (delay < 30)
    late = by_itself & ~brought & (delay >= 30)
    which = lead | late
    earlier = RNG.random(people) < organic_of_click * WINDOW
    delays = np.concatenate([delay[which], RNG.uniform(0, WINDOW, earlier.sum())])
    is_after = np.arange(delays.size) >= which.sum()
    conversions = Conversions(
        np.arange(delays.size),
        np.concatenate([ad[which], ad[earlier]]),
        bins_of(delays),
        np.full(delays.size, OWN_DEVICE),
        is_after,
    )
    exposure = Exposure(
        np.bincount(ad).astype(float), np.ones((ads, BINS)), np.full(BINS, float(people)), people * WINDOW
    )
    return conversions, exposure, pull, brought[which].mean()


@pytest.mark.parametrize("organic_of_click", [0.0, 1e-4, 4e-4])
def test_the_hazard_tells_what_clicks_brought_from_what_came_by_itself(organic_of_click):
    conversions, exposure, pull, brought = simulated(organic_of_click)
    found = learn_hazard(conversions, exposure)
    assert abs((1 - found.organic_share) - brought) < 0.03
    assert np.abs(found.pull / pull - 1).max() < 0.15
    assert np.isclose((found.decay * WIDTHS).sum(), 1)


@pytest.mark.parametrize("delay", [0, 5, BINS - 1])
def test_one_sided_data_moves_the_hazard_and_breaks_nothing(delay):
    leads = 40
    ones = [np.full(leads, value) for value in (0, delay, OWN_DEVICE, False)]
    conversions = Conversions(np.arange(leads), *ones)
    found = learn_hazard(conversions, Exposure(np.full(3, 20.0), np.ones((3, BINS)), np.full(BINS, 60.0), 60 * WINDOW))
    assert all(np.isfinite(part).all() for part in (found.pull, found.decay, found.organic, found.organic_of_click))
    assert (found.pull > 0).all() and found.organic > 0


def test_delays_that_a_young_workspace_has_not_seen_keep_the_starting_shape():
    conversions, exposure, _, _ = simulated(0.0)
    seen = conversions.delay < 6
    parts = [getattr(conversions, name)[seen] for name in ("ad", "delay", "device", "is_after")]
    young = Conversions(np.arange(seen.sum()), *parts)
    watched = exposure.watched * (np.arange(BINS) < 6)
    before = exposure.watched_before * (np.arange(BINS) < 6)
    found = learn_hazard(young, Exposure(exposure.clicks, watched, before, 7.0 * exposure.clicks.sum()))
    decay = found.decay[OWN_DEVICE]
    assert (decay[:6] * WIDTHS[:6]).sum() > 2 * (decay[6:] * WIDTHS[6:]).sum()
    assert 0.2 < decay[6] / decay[5] < 1.2


def test_without_leads_the_hazard_is_the_starting_one():
    nothing = Conversions(*(np.array([], dtype=int) for _ in range(4)), np.array([], dtype=bool))
    found = learn_hazard(nothing, Exposure(np.ones(2), np.ones((2, BINS)), np.ones(BINS), 1.0))
    assert np.array_equal(found.decay, starting_hazard().decay)


def test_an_ad_fits_the_forms_that_its_campaigns_leads_fill_in():
    form, ad = np.array([0] * 90 + [1] * 90 + [0]), np.array([0] * 45 + [1] * 45 + [2] * 90 + [3])
    lift = form_lifts(form, ad, np.array([0, 0, 1, 0]))
    assert lift[0, 0] > 1.5 > 0.5 > lift[1, 0]
    assert lift[0, 3] > 1.4, "one deal of its own, and a campaign that says the same"
    assert np.allclose((lift * (np.bincount(form) / form.size)[:, None]).sum(axis=0), 1)


def test_a_click_brings_as_much_in_days_as_in_bins():
    by_day = decay_by_day(starting_hazard().decay)
    assert by_day.size == LAGS and np.isclose(by_day.sum(), 1)
    assert np.allclose(pressure(np.eye(60)[:, :1], np.ones(1), by_day)[:LAGS, 0], by_day)


@pytest.mark.parametrize("missing", [0.0, 3.0, 17.0, 999.0])
def test_as_many_leads_are_modelled_as_the_anchor_misses(missing):
    open_mass, expected = np.array([5.0, 10.0, 5.0, 2.0]), np.array([1.0, 2.0, 4.0, 0.0])
    chance = ad_driven_chance(open_mass, expected, missing)
    assert np.isclose((open_mass * chance).sum(), min(missing, 20.0), atol=1e-6)
    assert chance[3] == 0, "nobody had clicked"


def test_an_assumption_stays_between_what_is_explained_and_everything():
    assert assumed_share(0, 0) == 0
    assert 0.5 < assumed_share(50, 100) < 0.75


def test_what_is_modelled_is_the_same_on_both_bases_to_the_cent():
    days, forms, ads, lines = 50, 3, 7, 400
    clicks = RNG.poisson(3, (days, ads)).astype(float)
    by_day = decay_by_day(starting_hazard().decay)
    shares = shares_of_ads(pressure(clicks, np.ones(ads), by_day), RNG.random((forms, ads)) + 0.1)
    opened = Open(
        RNG.integers(5, days, lines), RNG.integers(0, forms, lines), RNG.integers(0, 30, lines),
        RNG.integers(-5_000, 100_000, lines).astype(float), RNG.random(lines),
    )  # fmt: skip
    found = spread(opened, RNG.random(days), shares, clicks, by_day, 30)
    assert whole(found.cash).sum() == whole(found.accrual).sum()
    assert np.isclose(found.cash.sum(), found.accrual.sum())
    assert np.isclose(found.cash_deals.sum(), found.accrual_deals.sum())
    assert len(EDGES) + 1 == BINS
