"""What holds for every model on every set of paths."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from attribution.domain.paths.hazard import fit_hazard
from attribution.domain.paths.heuristics import RULES, last_non_direct, linear
from attribution.domain.paths.journeys import Journeys, credit, journeys
from attribution.domain.paths.markov import markov
from attribution.domain.paths.models import NAMES, compare, touch_shares
from tests.attribution.drawn_paths import some_journeys

GOLDEN = Path(__file__).resolve().parents[3] / "shared" / "data" / "channelattribution_paths"


@given(some_journeys())
@settings(max_examples=150, deadline=None)
def test_every_model_gives_away_what_was_earned_and_nothing_more(found):
    credits = compare(found).credits
    assert list(credits) == list(NAMES)
    for name, given_credit in credits.items():
        total = given_credit.conversions.sum() + given_credit.unattributed_conversions
        assert total == pytest.approx(found.conversions.sum(), abs=1e-9), name
        value = given_credit.value.sum() + given_credit.unattributed_value
        assert value == pytest.approx(found.value.sum(), abs=1e-9), name
        assert min(given_credit.conversions.min(), given_credit.value.min()) >= -1e-9, name


@given(some_journeys())
@settings(max_examples=60, deadline=None)
def test_a_row_for_many_people_is_as_good_as_a_row_for_each(found):
    """Two rows of the same path with halves of everything change no model that has an exact answer."""
    twice = Journeys(
        found.channels,
        np.concatenate((found.start, found.start[-1] + found.start[1:])),
        np.tile(found.channel, 2),
        *(np.tile(array / 2, 2) for array in (found.conversions, found.value, found.nulls)),
        np.tile(found.age, 2),
    )
    one, two = compare(found).credits, compare(twice).credits
    for name in set(NAMES) - {"hazard"}:
        assert one[name].conversions == pytest.approx(two[name].conversions, abs=1e-8), name
        assert one[name].value == pytest.approx(two[name].value, abs=1e-8), name


def test_what_each_rule_says_of_one_path():
    found = journeys([["a", "b", "b", "direct"]], conversions=[1], value=[100], ages=[[14, 7, 7, 0]])
    cents = {name: (100 * credit(found, rule(found)).conversions).round(2).tolist() for name, rule in RULES.items()}
    assert cents == {  # a, b (which was touched twice), direct
        "first": [100, 0, 0],
        "last": [0, 0, 100],
        "last_non_direct": [0, 100, 0],
        "linear": [25, 50, 25],
        "position": [40, 20, 40],
        "time_decay": [11.11, 44.44, 44.44],
    }


@given(some_journeys())
@settings(deadline=None)
def test_last_non_direct_moves_credit_from_direct_and_from_nobody_else(found):
    plain, moved = (credit(found, rule(found)).conversions for rule in (RULES["last"], last_non_direct))
    direct = found.channels.index("direct")
    assert moved[direct] <= plain[direct] + 1e-12
    assert (np.delete(moved, direct) >= np.delete(plain, direct) - 1e-12).all()
    only = [set(found.channel[found.start[p] : found.start[p + 1]]) == {direct} for p in range(len(found.length))]
    assert moved[direct] == pytest.approx(found.conversions[only].sum())


def test_very_old_touches_still_share_by_their_age():
    found = journeys([["a", "b"]], conversions=[1], ages=[[100_007.0, 100_000.0]])
    assert credit(found, RULES["time_decay"](found)).conversions == pytest.approx([1 / 3, 2 / 3])


def lived(rng, people, baseline, rates, decay, days=60.0):
    """People with touches at random moments, converting by the hazard that the rates describe; the truth beside them."""
    paths, ages, conversions, caused = [], [], [], np.zeros(len(rates) + 1)
    for _ in range(people):
        at = np.sort(rng.uniform(0, 30, rng.integers(1, 4)))
        kinds = rng.integers(0, len(rates), len(at))
        moments = [(at[0] + rng.exponential(1 / baseline), len(rates))]
        for moment, kind in zip(at, kinds, strict=True):
            moments += [(moment + rng.exponential(decay), kind) for _ in range(rng.poisson(rates[kind]))]
        when, cause = min(moments)
        end = min(when, days)
        seen = at <= end
        paths.append([f"c{kind}" for kind in kinds[seen]])
        ages.append(list(end - at[seen]))
        conversions.append(float(when < days))
        caused[cause] += when < days
    return journeys(paths, conversions=conversions, nulls=[1 - one for one in conversions], ages=ages), caused


def test_the_hazard_finds_what_comes_by_itself_and_the_channel_that_does_nothing():
    found, caused = lived(np.random.default_rng(11), 12_000, baseline=0.004, rates=(0.30, 0.10, 0.0), decay=3.0)
    learnt = credit(found, fit_hazard(found).shares(found))
    total = found.conversions.sum()
    assert learnt.unattributed_conversions / total == pytest.approx(caused[3] / total, abs=0.04)
    assert learnt.conversions / total == pytest.approx(caused[:3] / total, abs=0.03)
    flat = credit(found, linear(found)).conversions / total
    assert np.abs(flat - caused[:3] / total).max() > 0.2, "the rules cannot know what would have come anyway"


def test_paths_that_nobody_converted_on_earn_nothing_in_any_model():
    found = journeys([["a"], ["b", "c"], []], conversions=[0, 0, 0], nulls=[3, 1, 1], ages=[[1], [2, 1], []])
    for given_credit in compare(found).credits.values():
        assert not given_credit.conversions.any() and not given_credit.unattributed_conversions


@pytest.mark.parametrize("paths", [[], [[]], [[], []]])
def test_without_touches_everything_is_unattributed(paths):
    found = journeys(paths, conversions=[2] * len(paths), value=[5] * len(paths), ages=paths)
    for given_credit in compare(found).credits.values():
        assert given_credit.unattributed_conversions == 2 * len(paths)
        assert given_credit.unattributed_value == 5 * len(paths)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"start": np.array([0, 3])}, "start"),
        ({"start": np.array([1, 2])}, "start"),
        ({"channel": np.array([0, 9])}, "channel"),
        ({"conversions": np.array([np.nan])}, "conversions"),
        ({"conversions": np.array([-1.0])}, "conversions"),
        ({"nulls": np.array([1.0, 2.0])}, "nulls"),
        ({"age": np.array([-1.0, 0.0])}, "age"),
    ],
)
def test_arrays_that_contradict_each_other_are_refused_by_name(change, field):
    good = {"start": np.array([0, 2]), "channel": np.array([0, 1]), "conversions": np.ones(1), "value": np.ones(1), "nulls": np.zeros(1)}  # fmt: skip
    with pytest.raises(ValueError, match=f"^{field}:"):
        Journeys(("a", "b"), **(good | change))
    with pytest.raises(ValueError, match=r"^age:"):
        touch_shares(Journeys(("a", "b"), **good), "hazard")


@pytest.mark.skipif(not GOLDEN.exists(), reason="ChannelAttribution's example paths (GPL) are not beside this checkout")
def test_the_rules_are_those_of_channel_attribution_to_the_last_digit():
    with (GOLDEN / "PathData.csv").open() as file:
        rows = list(csv.DictReader(file))
    found = journeys(
        [row["path"].split(" > ") for row in rows],
        **{
            ours: [float(row[theirs]) for row in rows]
            for ours, theirs in (
                ("conversions", "total_conversions"),
                ("value", "total_conversion_value"),
                ("nulls", "total_null"),
            )
        },
    )
    with next(GOLDEN.glob("reference_output_*.csv")).open() as file:
        golden = {row["channel_name"]: row for row in csv.DictReader(file)}
    order = [golden[name] for name in found.channels]
    assert len(golden) == len(found.channels)
    for name in ("first", "last", "linear"):
        ours = credit(found, RULES[name](found))
        for kind in ("conversions", "value"):
            theirs = [float(row[f"{name}_touch_{kind}"]) for row in order]
            assert getattr(ours, kind) == pytest.approx(theirs, rel=1e-12, abs=1e-9), name
    simulated = [float(row["total_conversions"]) for row in order]
    assert markov(found).conversions == pytest.approx(simulated, rel=0.12, abs=5), "theirs is a simulation"
