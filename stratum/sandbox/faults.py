"""Things that go wrong on request. Each fault waits for what it applies to, a number of times or with a probability."""

from __future__ import annotations

import random
import threading
from dataclasses import asdict, dataclass
from typing import Any

KNOWN = frozenset(
    {
        "batch_null_applied", "batch_null_lost", "item_html_500", "outer_200_error", "rate_limit", "token_expired", "slow",
        "timeout_after_apply", "search_429", "empty_page_with_after", "deliver_duplicates", "deliver_disorder", "drop_delivery",
        "same_event_id", "generic_format", "deliver_in_hundreds", "capi_not_ready", "refuse_event", "html_502", "html_200",
        "report_failed", "timeout_before_apply", "edit_in_between",
        "too_much_data", "same_cursor", "no_cursors", "dead_cursor", "row_twice", "row_without_id", "action_without_value", "null_name",
        "word_code", "job_skipped", "share_in_between", "refuse_operation", "internal_error",
    }
)  # fmt: skip


WHOLE = -1


class UnknownFault(ValueError):
    """The name is not one of KNOWN."""


@dataclass
class Fault:
    """`times` counts down; None means for ever. `server`, `method` and `path` (a part of it) narrow it down, and so does `index`: to an
    item of a batch by its place, or to calls as a whole (`WHOLE`).
    `too_much_data` strikes at lists that ask for more than `rows` a page, and insights of more than `days`.
    The first `after` things that a fault fits are spared.
    `event`: the name of conversions that are refused although nothing is wrong with them."""

    name: str
    times: int | None = None
    probability: float = 1.0
    seconds: float = 0.0
    code: int | None = None
    subcode: int | None = None
    index: int | None = None
    rows: int | None = None
    days: int | None = None
    after: int = 0
    applied: bool = False
    event: str | None = None
    server: str | None = None
    method: str | None = None
    path: str | None = None

    def fits(self, server: str | None, method: str | None, path: str | None, index: int | None) -> bool:
        return (
            self.times != 0
            and (self.server is None or self.server == server)
            and (self.method is None or self.method == method)
            and (self.path is None or self.path in (path or ""))
            and (self.index is None or self.index == index)
        )


class Faults:
    def __init__(self, seed: int) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()
        self._chance = random.Random(seed)  # noqa: S311

    def add(self, name: str, **settings: Any) -> Fault:
        """Without `times` or `probability` a fault strikes once."""
        if name not in KNOWN:
            raise UnknownFault(f"{name} is not a fault; there are {', '.join(sorted(KNOWN))}")
        if "times" not in settings and "probability" not in settings:
            settings["times"] = 1
        fault = Fault(name, **settings)
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def take(
        self,
        name: str,
        *,
        server: str | None = None,
        method: str | None = None,
        path: str | None = None,
        index: int | None = None,
    ) -> Fault | None:
        """The fault that strikes now, used up by one; None when nothing goes wrong."""
        with self._lock:
            for fault in self._faults:
                if (
                    fault.name == name
                    and fault.fits(server, method, path, index)
                    and self._chance.random() < fault.probability
                ):
                    if fault.after > 0:
                        fault.after -= 1
                        continue
                    if fault.times is not None:
                        fault.times -= 1
                    return fault
        return None

    def standing(self, name: str, path: str) -> list[Fault]:
        """Faults of this name that strike at a path, none of them used up by it."""
        with self._lock:
            return [one for one in self._faults if one.name == name and one.fits("graph", None, path, None)]

    def listed(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(fault) for fault in self._faults if fault.times != 0]
