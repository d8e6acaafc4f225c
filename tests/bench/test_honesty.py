"""What the demo's pages state, held against the market's own truth: two seeds, a few days each."""

from __future__ import annotations

import pytest

from bench.honest.demo import play


@pytest.mark.parametrize("seed", [1, 3])
def test_what_the_demo_states_is_near_what_its_clicks_return(transactional_db, live_server, settings, seed):
    settings.META_GRAPH_URL = settings.HUBSPOT_API_URL = settings.PUBLIC_URL = live_server.url
    judged = play(seed, live_server.url, days=2, carried_out=1, history_days=30)
    overview = {stated.page: stated.mean / true for stated, true in judged if stated.low is None}
    without, with_study = overview.values()
    assert without < with_study
    assert 0.6 <= with_study <= 1.6
    held = [stated.low <= true <= stated.high for stated, true in judged if stated.low is not None]
    assert len(held) == 4 and sum(held) >= 2
    simulated, planned = (next(s for s, _ in judged if s.page.startswith(page)) for page in ("Simulator", "plan"))
    assert simulated.mean == pytest.approx(planned.mean, rel=0.25), "two days, and the first of them"
