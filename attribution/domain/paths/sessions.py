"""Touches as people count them: what one person did on one channel within half an hour is one touch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from attribution.domain.paths.journeys import Reals, Whole

PAUSE_SECONDS = 1800.0


def sessions(person: NDArray[np.int64], source: Whole, at: Reals) -> Whole:
    """Rows that begin a session, sorted by person and time; `at` in seconds, `source` a code of channel and campaign.

    A session goes on while its own source is touched again within half an hour. Person 0 is nobody in particular: each of
    its rows is a session.
    """
    order = np.lexsort((at, source, person))
    same = (np.diff(person[order]) == 0) & (np.diff(source[order]) == 0) & (person[order][1:] != 0)
    goes_on = np.concatenate(([False], same & (np.diff(at[order]) <= PAUSE_SECONDS)))[: len(order)]
    begins = order[~goes_on]
    return begins[np.lexsort((begins, at[begins], person[begins]))]
