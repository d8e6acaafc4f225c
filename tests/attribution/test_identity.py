"""Who belongs together follows from the edges alone: not from their order, and not from edges that were taken back."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from attribution.domain.identity import ANONYMOUS, CONTACT, EMAIL, MOST_EMAILS, MOST_KEYS, PHONE, Edge, people

keys = st.tuples(st.sampled_from([ANONYMOUS, EMAIL, PHONE, CONTACT]), st.integers(1, 6))
edges = st.lists(
    st.tuples(keys, keys, st.integers(0, 20)).filter(lambda e: e[0] != e[1]).map(lambda e: Edge(*sorted(e[:2]), e[2])),
    max_size=40,
    unique_by=lambda edge: (edge.left, edge.right),
)


def members(found):
    groups = {}
    for key, person in found.person_of.items():
        groups.setdefault(person, []).append(key)
    return groups


@given(edges, st.randoms(use_true_random=False))
def test_any_order_of_edges_gives_the_same_people(seen, chance):
    shuffled = chance.sample(seen, len(seen))
    assert people(seen) == people(shuffled)


@given(edges)
def test_contacts_never_share_a_person_and_limits_hold(seen):
    for group in members(people(seen)).values():
        kinds = Counter(kind for kind, _ in group)
        assert kinds[CONTACT] <= 1
        assert kinds[EMAIL] <= MOST_EMAILS
        assert len(group) <= MOST_KEYS


@given(edges)
def test_a_person_is_named_by_its_smallest_key(seen):
    assert all(person == min(group) for person, group in members(people(seen)).items())


@given(edges, keys, keys)
def test_taking_an_edge_back_restores_what_was_before(seen, left, right):
    before = people(seen)
    known = {(edge.left, edge.right) for edge in seen}
    if left == right or tuple(sorted((left, right))) in known:
        return
    wrong = Edge(*sorted((left, right)), 30)
    people([*seen, wrong])
    assert people([edge for edge in [*seen, wrong] if edge != wrong]) == before


def test_a_person_grows_no_larger_than_fifty_keys():
    chain = [Edge((ANONYMOUS, n), (PHONE, 1), n) for n in range(80)]
    assert max(map(len, members(people(chain)).values())) == MOST_KEYS


def test_a_browser_of_three_people_joins_nobody():
    browser = (ANONYMOUS, 1)
    found = people([Edge(browser, (EMAIL, n), n) for n in range(3)])
    assert len(set(found.person_of.values())) == 4
    assert found.shared_by == {browser: 3}
    assert len(found.refused) == 3


def test_a_browser_of_two_still_joins_both():
    found = people([Edge((ANONYMOUS, 1), (EMAIL, n), n) for n in range(2)])
    assert len(set(found.person_of.values())) == 1
