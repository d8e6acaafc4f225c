"""Asynchronous reports: a run is asked for, polled, and read. Read too early it is empty, without an error."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

STAGES = ((0.0, "Job Not Started"), (0.1, "Job Started"), (0.3, "Job Running"), (1.0, "Job Completed"))


@dataclass
class ReportRun:
    """`seconds` is how long the run takes in real time."""

    id: str
    node_id: str
    account_id: str
    params: dict[str, Any]
    seconds: float
    fails: str = ""
    """How the run ends, where it fails."""
    started: float = field(default_factory=time.monotonic)

    def share_done(self) -> float:
        return min(1.0, (time.monotonic() - self.started) / self.seconds) if self.seconds > 0 else 1.0

    def finished(self) -> bool:
        return self.share_done() >= 1.0 and not self.fails

    def as_json(self) -> dict[str, Any]:
        share = self.share_done()
        status = [name for least, name in STAGES if share >= least][-1]
        percent = int(share * 100)
        if self.fails and share >= 0.5:
            status, percent = self.fails, 50
        return {
            "id": self.id,
            "account_id": self.account_id,
            "time_ref": int(time.time()) - 1,
            "async_status": status,
            "async_percent_completion": percent,
            "is_running": 0.0 < share < 1.0,
        }
