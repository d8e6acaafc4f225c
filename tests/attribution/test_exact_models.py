"""Markov and Shapley against slow arithmetic that is plainly right."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution.domain.paths.journeys import Journeys, journeys
from attribution.domain.paths.markov import chain, markov, removal_effects
from attribution.domain.paths.shapley import exact_values, sampled_values, shapley
from tests.attribution.drawn_paths import some_journeys


def walked(found: Journeys, without: str | None) -> float:
    """Conversions a path brings, by walking the counted chain step by step until nobody is left on it."""
    counts: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for p in range(len(found.length)):
        names = [found.channels[c] for c in found.channel[found.start[p] : found.start[p + 1]]]
        if names:
            for here, there in zip(["(start)", *names], names, strict=False):
                counts[here][there] += found.conversions[p] + found.nulls[p]
            counts[names[-1]]["(converted)"] += found.conversions[p]
            counts[names[-1]]["(lost)"] += found.nulls[p]
    where, converted = {"(start)": 1.0}, 0.0
    for _ in range(5000):
        ahead: dict[str, float] = defaultdict(float)
        for here, people in where.items():
            leaves = sum(counts[here].values())
            for there, count in counts[here].items() if leaves else ():
                if there not in (without, "(lost)"):
                    ahead[there] += people * count / leaves
        converted += ahead.pop("(converted)", 0.0)
        where = ahead
    return converted


@given(some_journeys(channels=("a", "b", "c")))
@settings(max_examples=25, deadline=None)
def test_markov_is_the_walk_to_its_end(found):
    whole = walked(found, None)
    expected = [1 - walked(found, name) / whole if whole else 0.0 for name in found.channels]
    assert removal_effects(chain(found), 3)[:, 0] == pytest.approx(expected, abs=1e-9)


def test_markov_on_the_textbook_example():
    """Anderl's example: three paths over C1, C2, C3, of which one converts."""
    found = journeys([["C1", "C2", "C3"], ["C1"], ["C2", "C3"]], conversions=[1, 0, 0], nulls=[0, 1, 1])
    assert removal_effects(chain(found), 3)[:, 0] == pytest.approx([0.5, 1, 1])
    assert markov(found).conversions == pytest.approx([0.2, 0.4, 0.4])


@given(some_journeys(channels=("a", "b", "c")))
@settings(max_examples=40, deadline=None)
def test_a_long_memory_knows_the_paths_by_heart(found):
    """At an order beyond the longest path, what a channel's absence costs is what the paths through it earned."""
    effects = removal_effects(chain(found, order=8), 3)[:, 0]
    has = found.length > 0
    total = found.conversions[has].sum()
    through = [found.conversions[np.unique(found.path[found.channel == c])].sum() for c in range(3)]
    assert effects == pytest.approx([one / total if total else 0.0 for one in through], abs=1e-9)


def by_all_orders(worth, players):
    """The definition: the average gain over all n! orders."""
    gains = np.zeros(players)
    orders = list(permutations(range(players)))
    for order in orders:
        inside = np.zeros((1, players), bool)
        for player in order:
            before = worth(inside)[0, 0]
            inside[0, player] = True
            gains[player] += worth(inside)[0, 0] - before
    return gains / len(orders)


@given(st.integers(0, 10_000), st.integers(1, 6))
@settings(max_examples=30, deadline=None)
def test_the_exact_value_is_its_definition(seed, players):
    table = np.random.default_rng(seed).normal(size=(2**players, 1))
    worth = lambda inside: table[inside @ (1 << np.arange(players))]  # noqa: E731
    assert exact_values(worth, players).values[:, 0] == pytest.approx(by_all_orders(worth, players), abs=1e-9)


def leads_to_conversion(found, channel):
    """Whether any steps that were seen lead from the channel to a conversion."""
    reached, before = {channel}, set()
    while reached != before:
        before = set(reached)
        for p in range(len(found.length)):
            path = found.channel[found.start[p] : found.start[p + 1]].tolist()
            reached |= {there for here, there in pairwise(path) if here in before}
            if path[-1] in reached and found.conversions[p]:
                return True
    return False


@given(some_journeys(empty=False))
@settings(max_examples=60, deadline=None)
def test_shapley_is_efficient_and_gives_equals_the_same_and_idlers_nothing(found):
    given_credit, values = shapley(found)
    assert given_credit.conversions.sum() == pytest.approx(found.conversions.sum(), abs=1e-9)
    assert not values.standard_error.any()
    idle = [c for c in range(6) if not leads_to_conversion(found, c)]
    assert given_credit.conversions[idle] == pytest.approx(0, abs=1e-9)
    swap = np.array([1, 0, 2, 3, 4, 5])
    swapped = Journeys(found.channels, found.start, swap[found.channel], found.conversions, found.value, found.nulls)
    assert shapley(swapped)[0].conversions == pytest.approx(given_credit.conversions[swap], abs=1e-9)


def test_six_channels_of_one_path_share_alike_none_left_out():
    given_credit, _ = shapley(journeys([list("abcdef")], conversions=[6], nulls=[3]))
    assert given_credit.conversions == pytest.approx([1] * 6)


def test_above_twelve_channels_the_value_is_sampled_repeatable_and_tells_its_error():
    rng = np.random.default_rng(5)
    names = [f"c{number:02}" for number in range(11)]
    paths = [list(rng.choice(names, size=rng.integers(1, 6))) for _ in range(300)]
    found = journeys(paths, conversions=rng.integers(0, 2, 300), nulls=rng.integers(0, 3, 300), channels=names)
    walk = chain(found)
    worth = lambda inside: 1000 * walk.brought(inside)  # noqa: E731
    exact, sampled = exact_values(worth, 11), sampled_values(worth, 11, seed=3)
    assert sampled.values.sum() == pytest.approx(exact.values.sum(), abs=1e-9)
    assert (np.abs(sampled.values - exact.values)[:, 0] < 5 * sampled.standard_error[:, 0] + 1e-12).all()
    many = journeys([[f"c{n}", f"c{n + 1}"] for n in range(14)], conversions=[1] * 14)
    one, again = shapley(many, seed=1)[1], shapley(many, seed=1)[1]
    assert (one.values == again.values).all() and (one.standard_error[:, 0] > 0).any()
