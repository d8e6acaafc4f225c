from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from sampler.domain import states
from sampler.domain.batching import batches


@given(st.lists(st.integers(0, 30), max_size=300))
def test_batches_are_small_lose_nothing_and_hold_one_ad_set_a_campaign(campaigns):
    items = [(campaign, (campaign, i)) for i, campaign in enumerate(campaigns)]
    made = batches(items)
    assert Counter(item for batch in made for item in batch) == Counter(item for _, item in items)
    assert all(0 < len(batch) <= 50 for batch in made)
    assert all(len({campaign for campaign, _ in batch}) == len(batch) for batch in made)
    largest = max(Counter(campaigns).values(), default=0)
    assert len(made) == max(largest, -(-len(items) // 50)), "fewer are not possible"


def test_sixty_campaigns_take_two_batches():
    assert [len(batch) for batch in batches([(i, i) for i in range(60)])] == [30, 30]


def test_every_status_is_reached_and_terminal_ones_lead_nowhere():
    reached = set().union(*states.NEXT.values())
    assert reached == set(states.STATUSES) - {states.PROPOSED}
    assert {status for status, after in states.NEXT.items() if not after} == {
        "failed",
        "rehearsed",
        "undone",
        "rejected",
        "superseded",
        "blocked",
    }
