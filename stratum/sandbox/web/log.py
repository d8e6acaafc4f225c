"""Every request asked of the sandbox, in order: the oracle of tests."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from stratum.sandbox.web.messages import Reply, Request


@dataclass(frozen=True)
class Entry:
    sequence: int
    server: str
    method: str
    path: str
    query: dict[str, str]
    body: Any
    status: int
    simulated_at: str
    real_at: str
    dropped: bool


class RequestLog:
    def __init__(self, capacity: int = 50_000) -> None:
        self.entries: list[Entry] = []
        self.capacity = capacity
        self._sequence = 0
        self._lock = threading.Lock()

    def add(self, request: Request, reply: Reply, simulated_at: datetime) -> None:
        with self._lock:
            self._sequence += 1
            self.entries.append(
                Entry(
                    self._sequence, request.server, request.method, request.path, request.query, request.body, reply.status,
                    simulated_at.isoformat(), datetime.now(UTC).isoformat(), reply.drop,
                )
            )  # fmt: skip
            del self.entries[: max(0, len(self.entries) - self.capacity)]

    def since(self, sequence: int) -> list[Entry]:
        with self._lock:
            return [entry for entry in self.entries if entry.sequence > sequence]
