"""Webhook deliveries: signed, at most ten at a time, retried, sometimes twice and out of order."""

from __future__ import annotations

import base64
import hashlib
import heapq
import hmac
import json
import random
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from stratum.sandbox.config import SandboxConfig
from stratum.sandbox.crm.events import WebhookEvent
from stratum.sandbox.faults import Faults
from stratum.sandbox.outbox.disturbances import disturbed
from stratum.sandbox.outbox.post import post

CONCURRENCY = 10
MAX_EVENTS = 100
KEPT_DELIVERIES = 20_000


def sign_v3(secret: str, url: str, body: bytes, timestamp: str) -> str:
    """base64(HMAC-SHA256(secret, method + url + body + timestamp))."""
    return base64.b64encode(
        hmac.new(secret.encode(), b"POST" + url.encode() + body + timestamp.encode(), hashlib.sha256).digest()
    ).decode()


@dataclass
class Delivery:
    id: int
    events: list[dict[str, Any]]
    numbers: list[int]
    state: str = "pending"
    attempts: list[dict[str, Any]] = field(default_factory=list)

    def body(self) -> bytes:
        tries = len(self.attempts)
        return json.dumps([{**event, "attemptNumber": tries} for event in self.events], separators=(",", ":")).encode()


class WebhookSender:
    """A queue with a due time a delivery. The market only ever appends to it."""

    def __init__(self, config: SandboxConfig, faults: Faults, sent_up_to: int) -> None:
        self.config, self.faults = config, faults
        self.deliveries: dict[int, Delivery] = {}
        self._due: list[tuple[float, int]] = []
        self._open: dict[int, int] = {}
        self._highest = sent_up_to
        self._busy = 0
        self._made = 0
        self._held: list[WebhookEvent] = []
        self._chance = random.Random(config.seed)  # noqa: S311
        self._change = threading.Condition()
        self._stopping = False
        self._workers = [threading.Thread(target=self._work, daemon=True, name="webhooks") for _ in range(CONCURRENCY)]

    def start(self) -> None:
        if self.config.webhook_url:
            for worker in self._workers:
                worker.start()

    def stop(self) -> None:
        with self._change:
            self._stopping = True
            self._change.notify_all()
        for worker in self._workers:
            if worker.is_alive():
                worker.join(timeout=0.2)

    def sent_up_to(self) -> int:
        """Every event with a number below this has been answered or given up."""
        with self._change:
            return min(self._open) if self._open else self._highest

    def skip(self, events: list[WebhookEvent]) -> None:
        if events:
            self._highest = max(self._highest, events[-1].number + 1)

    def add_burst(self, events: list[WebhookEvent]) -> None:
        """History: batches of 100 in order of occurrence."""
        ordered = sorted(events, key=lambda event: event.occurred_at)
        for start in range(0, len(ordered), MAX_EVENTS):
            self._add(ordered[start : start + MAX_EVENTS], 0.0)

    def add_live(self, events: list[WebhookEvent]) -> None:
        """Batches of uneven size, some late, some twice, some shuffled."""
        rest = list(events)
        while rest:
            size = self._chance.randint(1, 20)
            batch, rest = rest[:size], rest[size:]
            if self._chance.random() < 0.2:
                self._chance.shuffle(batch)
            late = self._chance.random() < self.config.delay_share
            self._add(batch, self._chance.uniform(0.2, 1.0) * self.config.delay_seconds if late else 0.0)
            if self._chance.random() < self.config.duplicate_share:
                self._add(batch, self._chance.uniform(0.0, 1.0) * self.config.delay_seconds)

    def add_now(self, events: list[WebhookEvent]) -> None:
        """What somebody just did: delivered at once, up to a hundred events together, unless a fault interferes."""
        if not events:
            return
        batch = disturbed(list(events), self.faults)
        late = 0.0
        if self.faults.take("deliver_disorder"):
            batch.reverse()
            late = self.config.delay_seconds
        twice = self.faults.take("deliver_duplicates") is not None
        if self.faults.take("deliver_in_hundreds"):
            self._held += batch
            whole = len(self._held) - len(self._held) % MAX_EVENTS
            batch, self._held = self._held[:whole], self._held[whole:]
        for start in range(0, len(batch), MAX_EVENTS):
            for _ in range(1 + twice):
                self._add(batch[start : start + MAX_EVENTS], late)

    def _add(self, events: list[WebhookEvent], delay: float) -> None:
        with self._change:
            self._highest = max([self._highest, *(event.number + 1 for event in events)])
            if not self.config.webhook_url:
                return
            self._made += 1
            delivery = Delivery(self._made, [event.body for event in events], [event.number for event in events])
            self.deliveries[delivery.id] = delivery
            if self.faults.take("drop_delivery"):
                delivery.state = "dropped"
                return
            for number in delivery.numbers:
                self._open[number] = self._open.get(number, 0) + 1
            heapq.heappush(self._due, (time.monotonic() + delay, delivery.id))
            self._forget_old()
            self._change.notify()

    def flush(self, timeout: float = 30.0) -> dict[str, int]:
        """Tries everything pending once, now, and waits for the answers."""
        held, self._held = self._held, []
        if held:
            self._add(held, 0.0)
        with self._change:
            self._due = [(0.0, delivery_id) for _, delivery_id in self._due]
            heapq.heapify(self._due)
            waiting = [(self.deliveries[i], len(self.deliveries[i].attempts)) for _, i in self._due]
            self._change.notify_all()
            self._change.wait_for(
                lambda: (
                    self._busy == 0 and all(len(d.attempts) > before or d.state != "pending" for d, before in waiting)
                ),
                timeout,
            )
        return self.counts()

    def counts(self) -> dict[str, int]:
        with self._change:
            found = {"pending": 0, "delivered": 0, "given_up": 0, "dropped": 0}
            for delivery in self.deliveries.values():
                found[delivery.state] += 1
            return found

    def _work(self) -> None:
        while True:
            with self._change:
                while not self._stopping and not (self._due and self._due[0][0] <= time.monotonic()):
                    self._change.wait(self._due[0][0] - time.monotonic() if self._due else None)
                if self._stopping:
                    return
                delivery = self.deliveries[heapq.heappop(self._due)[1]]
                self._busy += 1
            self._attempt(delivery)

    def _attempt(self, delivery: Delivery) -> None:
        url, body, timestamp = self.config.webhook_url or "", delivery.body(), str(int(time.time() * 1000))
        headers = {
            "X-HubSpot-Signature-v3": sign_v3(self.config.client_secret, url, body, timestamp),
            "X-HubSpot-Request-Timestamp": timestamp,
            "User-Agent": "HubSpot Connect 2.0 (http://dev.hubspot.com/) - WebHooks",
        }
        answer = post(url, body, headers, self.config.delivery_timeout_seconds)
        with self._change:
            delivery.attempts.append({"at_ms": int(timestamp), "status": answer.status, "error": answer.error})
            self._busy -= 1
            if answer.taken:
                self._close(delivery, "delivered")
            elif len(delivery.attempts) > len(self.config.delivery_retry_seconds):
                self._close(delivery, "given_up")
            else:
                wait = self.config.delivery_retry_seconds[len(delivery.attempts) - 1] * self._chance.uniform(0.8, 1.2)
                heapq.heappush(self._due, (time.monotonic() + wait, delivery.id))
            self._change.notify_all()

    def _close(self, delivery: Delivery, state: str) -> None:
        delivery.state = state
        for number in delivery.numbers:
            self._open[number] -= 1
            if not self._open[number]:
                del self._open[number]

    def _forget_old(self) -> None:
        while len(self.deliveries) > KEPT_DELIVERIES:
            oldest = next(iter(self.deliveries))
            if self.deliveries[oldest].state == "pending":
                return
            del self.deliveries[oldest]
