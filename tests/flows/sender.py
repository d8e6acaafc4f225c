"""A vendor's side of deliveries: several at once, each tried again until it is acknowledged, as HubSpot does."""

from __future__ import annotations

import random
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from http.client import HTTPException

from tests.attribution.deliveries import PATH, body_of, event, signed_headers

SECONDS = 40.0
AT_ONCE = 6


class Sender:
    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}{PATH}"
        self.acknowledged: Counter[bytes] = Counter()
        self.statuses: Counter[str] = Counter()
        self._pool = ThreadPoolExecutor(AT_ONCE)

    def send(self, bodies: Sequence[bytes]) -> list[Future[None]]:
        return [self._pool.submit(self._deliver, body) for body in bodies]

    def _deliver(self, body: bytes) -> None:
        until = time.monotonic() + SECONDS
        while (status := self._try(body)) != "200":
            # HubSpot does not try again what was refused with a 4xx: it would be lost.
            assert not status.startswith("4"), f"refused with {status}"
            assert time.monotonic() < until, f"not acknowledged within {SECONDS:.0f} seconds: {dict(self.statuses)}"
            time.sleep(0.2)
        self.acknowledged[body] += 1
        time.sleep(0.05)

    def _try(self, body: bytes) -> str:
        headers = signed_headers(body, "secret") | {"Content-Type": "application/json"}
        try:
            with urllib.request.urlopen(urllib.request.Request(self.url, body, headers), timeout=10) as answer:
                status = str(answer.status)
        except urllib.error.HTTPError as problem:
            status = str(problem.code)
        except (OSError, HTTPException):
            status = "no answer"
        self.statuses[status] += 1
        return status


def shuffled_deliveries(events: int, *, deals: int, unreadable: int, rng: random.Random) -> list[bytes]:
    """Bodies of one to four events in no order: a tenth of the events twice, in other company, and a tenth of the bodies twice."""
    all_events = [event(n, objectId=9000 + n % deals, propertyValue=value_of(n)) for n in range(events)]
    all_events += [event(events + n, eventId="not a number") for n in range(unreadable)]
    all_events += rng.sample(all_events[:events], events // 10)
    rng.shuffle(all_events)
    bodies = []
    while all_events:
        size = rng.randint(1, 4)
        bodies.append(body_of(all_events[:size]))
        del all_events[:size]
    bodies += rng.sample(bodies, len(bodies) // 10)
    rng.shuffle(bodies)
    return bodies


def value_of(number: int) -> str:
    return f"value {number}"
