"""The newest day as it was told, so that it can be told anew as a whole when more of it comes in."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sampler.domain.portfolio.row_checks import CheckedEvents, CheckedRows, event_order

ROW_FIELDS = ("ad_id", "account_id", "spend", "impressions", "clicks", "frequency", "vector")
EVENT_FIELDS = ("ad_id", "click_day", "value")


@dataclass(frozen=True)
class Told:
    """All of a day, sorted; ads once, as they were told of last."""

    day: int
    rows: CheckedRows
    events: CheckedEvents

    def with_more(self, rows: CheckedRows, events: CheckedEvents) -> Told:
        kept = ~np.isin(self.rows.ad_id, rows.ad_id)
        parts = {name: _joined(getattr(self.rows, name), getattr(rows, name), kept, len(rows)) for name in ROW_FIELDS}
        order = np.argsort(parts["ad_id"])
        joined = {name: None if part is None else part[order] for name, part in parts.items()}
        happened = {name: np.concatenate([getattr(self.events, name), getattr(events, name)]) for name in EVENT_FIELDS}
        by = event_order(**happened)
        return replace(
            self,
            rows=CheckedRows(**joined, log_boost=None),
            events=CheckedEvents(*(happened[name][by] for name in EVENT_FIELDS)),
        )

    def state(self) -> dict[str, NDArray]:
        arrays = {f"rows.{name}": part for name in ROW_FIELDS if (part := getattr(self.rows, name)) is not None}
        return {"day": np.array(self.day)} | arrays | {f"events.{n}": getattr(self.events, n) for n in EVENT_FIELDS}

    @classmethod
    def restore(cls, arrays: dict[str, NDArray]) -> Told:
        rows = CheckedRows(**{name: arrays.get(f"rows.{name}") for name in ROW_FIELDS}, log_boost=None)
        return cls(arrays["day"].item(), rows, CheckedEvents(*(arrays[f"events.{name}"] for name in EVENT_FIELDS)))


def _joined(before: NDArray | None, now: NDArray | None, kept: NDArray[np.bool_], count: int) -> NDArray | None:
    """What one call left out is not a number in the rows of that call."""
    if before is None and now is None:
        return None
    if before is None:
        before = np.full((len(kept), *now.shape[1:]), np.nan)
    if now is None:
        now = np.full((count, *before.shape[1:]), np.nan)
    return np.concatenate([before[kept], now])
