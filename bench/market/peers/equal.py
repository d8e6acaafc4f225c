from __future__ import annotations

import numpy as np

from bench.market.policy import Brief, Events, Limits, Rows


class Equal:
    """The same for every ad."""

    def reset(self, brief: Brief) -> None: ...

    def observe(self, day: int, rows: Rows, events: Events) -> None: ...

    def plan(self, day: int, rows: Rows, budget: float, limits: Limits) -> np.ndarray:
        return np.full(rows.ad_id.size, budget / rows.ad_id.size)
