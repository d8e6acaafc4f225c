"""Clicks and other touches on their way to the product: in bulk for the past, clicks of the present one by one as a tag would."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from stratum.sandbox.config import SandboxConfig
from stratum.sandbox.market.people import Click, Touch
from stratum.sandbox.market.touchpoints import bulk_row, tag_body, touch_row
from stratum.sandbox.outbox.post import Answer, post

MAX_ROWS = 5000
FIRST_WAIT, LONGEST_WAIT = 0.25, 15.0
REFUSALS = 6


@dataclass(frozen=True)
class Parcel:
    url: str
    headers: dict[str, str]
    body: dict[str, Any]
    clicks: int
    last_number: int


class TouchpointSender:
    """One thread, in order. An unreachable collector is waited for; a refusal is repeated a few times, then counted."""

    def __init__(self, config: SandboxConfig, sent_up_to: int) -> None:
        self.config, self.sent_up_to = config, sent_up_to
        self.sent = self.failed = 0
        self.last_error: str | None = None
        self._queue: deque[Parcel] = deque()
        self._change = threading.Condition()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True, name="touchpoints")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        with self._change:
            self._change.notify_all()
        self._thread.join(timeout=0.5)

    def add_bulk(self, clicks: Sequence[Click | Touch]) -> None:
        """History, in parcels of at most 5,000 rows; nothing when no ingest address is set."""
        if not self.config.ingest_url:
            return
        fresh = [click for click in clicks if click.seen and click.number > self.sent_up_to]
        for start in range(0, len(fresh), MAX_ROWS):
            part = fresh[start : start + MAX_ROWS]
            headers = {
                "Authorization": f"Bearer {self.config.api_key}",
                "Idempotency-Key": f"sandbox-{self.config.seed}-{part[0].touchpoint_id}-{len(part)}",
            }
            body = {"touchpoints": [touch_row(one) if isinstance(one, Touch) else bulk_row(one) for one in part]}
            self._put(Parcel(self.config.ingest_url, headers, body, len(part), part[-1].number))

    def add_live(self, clicks: list[Click]) -> None:
        """Present clicks: by the tag when there is a collector, otherwise in bulk."""
        if not (self.config.collect_url and self.config.write_key):
            self.add_bulk(clicks)
            return
        for click in clicks:
            if click.seen:
                headers = {
                    "X-Forwarded-For": click.device.ip,
                    "User-Agent": click.device.user_agent,
                    "Origin": "https://shop.example",
                }
                self._put(
                    Parcel(self.config.collect_url, headers, tag_body(click, self.config.write_key), 1, click.number)
                )

    def pending(self) -> int:
        with self._change:
            return sum(parcel.clicks for parcel in self._queue)

    def flush(self, timeout: float = 30.0) -> bool:
        """Waits until nothing is queued; False when that did not happen in time."""
        with self._change:
            return self._change.wait_for(lambda: not self._queue, timeout)

    def _put(self, parcel: Parcel) -> None:
        with self._change:
            self._queue.append(parcel)
            self._change.notify_all()

    def _work(self) -> None:
        while not self._stopping.is_set():
            with self._change:
                self._change.wait_for(lambda: self._queue or self._stopping.is_set())
                parcel = self._queue[0] if self._queue else None
            if parcel is None:
                return
            taken = self._send(parcel)
            with self._change:
                if taken is None:
                    return
                self._queue.popleft()
                self.sent += parcel.clicks * taken
                self.failed += parcel.clicks * (not taken)
                self.sent_up_to = max(self.sent_up_to, parcel.last_number)
                self._change.notify_all()

    def _send(self, parcel: Parcel) -> bool | None:
        """True when taken, False when refused for good, None when stopped meanwhile."""
        data, wait, refusals = json.dumps(parcel.body).encode(), FIRST_WAIT, 0
        while not self._stopping.is_set():
            answer = post(parcel.url, data, parcel.headers, timeout=20.0)
            if answer.taken:
                return True
            self.last_error = answer.error or f"HTTP {answer.status}"
            refusals += _is_refusal(answer)
            if refusals >= REFUSALS:
                return False
            self._stopping.wait(wait)
            wait = min(wait * 2, LONGEST_WAIT)
        return None


def _is_refusal(answer: Answer) -> bool:
    return answer.status is not None and 300 <= answer.status < 500 and answer.status != 429
