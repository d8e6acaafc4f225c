"""Paths that hypothesis draws."""

from __future__ import annotations

from hypothesis import strategies as st

from attribution.domain.paths.journeys import journeys

CHANNELS = ("a", "b", "c", "direct", "e", "f")


@st.composite
def some_journeys(draw, channels=CHANNELS, empty=True):
    path = st.lists(st.sampled_from(channels), min_size=0 if empty else 1, max_size=7)
    rows = draw(
        st.lists(st.tuples(path, st.integers(0, 4), st.integers(0, 5000), st.integers(0, 6)), min_size=1, max_size=12)
    )
    ages = [sorted(draw(st.lists(st.floats(0, 400), min_size=len(row[0]), max_size=len(row[0]))))[::-1] for row in rows]
    return journeys(
        [row[0] for row in rows],
        conversions=[row[1] for row in rows],
        value=[row[2] / 100 if row[1] else 0 for row in rows],
        nulls=[row[3] for row in rows],
        ages=ages,
        channels=channels,
    )
