"""Calls for several ad accounts of one token, gathered into Meta's batches: what is asked for at the same time goes out together."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from stratum.platforms.http import Answer, Connection, NoAnswer, TryLater
from stratum.platforms.meta_batch import MOST_ITEMS, headers_of
from stratum.platforms.meta_errors import Stop, reaction_to
from stratum.platforms.meta_graph import VERSION

PATIENCE_SECONDS = 2.0
FRESH_SECONDS = 10.0
"""A write that had to wait for longer is not sent: what was looked at before it, budgets and stops, may not hold any more."""
MOST_SHARED_FAILURES = 2
"""After so many calls in a row without an answer a seat asks alone: what is too much together may be little enough."""
OF_THE_APP = "X-App-Usage"
"""The one limit that a batch's own headers tell of; accounts have theirs in the items."""


class SharedCalls:
    """Seats for accounts that are worked on side by side, a thread each. Each gets the answer to its own call, as if it called alone.

    A request goes out once every seat that is still taken has asked, or there is enough to fill one, or the first has waited for
    `patience` seconds; one at a time. Who alone asks makes a plain call. What goes wrong with a batch as a whole goes wrong with every
    call in it, and unless Meta said that it wrote nothing, nobody knows what became of it.
    """

    def __init__(self, connection: Connection, seats: int, *, patience: float = PATIENCE_SECONDS) -> None:
        self.connection = connection
        self._taken = seats
        self._patience = patience
        self._turn = threading.Condition()
        self._waiting: list[Call] = []
        self._under_way = False
        self._free_since = 0.0

    @contextmanager
    def seat(self) -> Iterator[Seat]:
        """One of the seats; each has to be taken, and left, or the others wait for it in vain."""
        try:
            yield Seat(self)
        finally:
            with self._turn:
                self._taken -= 1
                self._turn.notify_all()

    def ask(self, call: Call) -> Answer:
        """Whoever asked last, or waited longest, sends a request; what does not fit in waits for the next."""
        with self._turn:
            self._waiting.append(call)
            self._turn.notify_all()
        while not call.answer.done():
            going = self._mine_to_send(call)
            if going:
                try:
                    self._send(going)
                finally:
                    with self._turn:
                        self._under_way, self._free_since = False, time.monotonic()
                        self._turn.notify_all()
        return call.answer.result()

    def _mine_to_send(self, call: Call) -> list[Call]:
        """The next request; empty where another thread sends, or it is too early for one: then time has passed."""
        with self._turn:
            if call.answer.done():
                return []
            if self._under_way or not self._may_go():
                self._turn.wait(self._patience)
                return []
            self._under_way = True
            return self._next_request()

    def _may_go(self) -> bool:
        if sum(len(call.items) for call in self._waiting) >= MOST_ITEMS or len(self._waiting) >= self._taken:
            return True
        since = max(min(call.asked_at for call in self._waiting), self._free_since)
        return time.monotonic() - since >= self._patience

    def _next_request(self) -> list[Call]:
        """The oldest call, with whatever else fits into its request, the largest first; a call is never split."""
        first, *others = self._waiting
        going, room = [first], MOST_ITEMS - len(first.items)
        for call in sorted(others, key=lambda call: -len(call.items)):
            if first.items and call.items and len(call.items) <= room:
                going.append(call)
                room -= len(call.items)
        self._waiting = [call for call in others if call not in going]
        return going

    def _send(self, going: Sequence[Call]) -> None:
        """Every call is answered, or raises what went wrong."""
        fresh = []
        for call in going:
            if call.writes and time.monotonic() - call.asked_at > FRESH_SECONDS:
                call.answer.set_exception(TryLater("it waited too long for its turn", 1.0))
            else:
                fresh.append(call)
        try:
            answers = self._answers(fresh) if fresh else []
            for call, answer in zip(fresh, answers, strict=True):
                call.take(answer)
        except BaseException as problem:
            for call in fresh:
                if not call.answer.done():
                    call.take(problem)

    def _answers(self, calls: Sequence[Call]) -> list[Answer | BaseException]:
        if len(calls) == 1:
            return [self.connection.call(calls[0].method, calls[0].path, **calls[0].sent)]
        items = [item for call in calls for item in call.items]
        whole = self.connection.call("POST", f"{VERSION}/", data={"batch": json.dumps(items)})
        if whole.status < 300 and isinstance(whole.body, list) and len(whole.body) == len(items):
            return _dealt_out(whole, calls)
        if _nothing_was_written(whole):
            return [whole] * len(calls)
        return [NoAnswer(f"a shared request was answered with HTTP {whole.status} and no list of its items")] * len(
            calls
        )


class Seat:
    """What stands in for a `Connection` while calls are shared."""

    def __init__(self, shared: SharedCalls) -> None:
        self.token = shared.connection.token
        self._shared = shared
        self._failures = 0

    def call(self, method: str, path: str, **sent: Any) -> Answer:
        """As `Connection.call`. TryLater: it was not sent, because its turn came too late."""
        try:
            answer = self._shared.ask(Call(method, path, sent, alone=self._failures >= MOST_SHARED_FAILURES))
        except NoAnswer:
            self._failures += 1
            raise
        self._failures = 0
        return answer


class Call:
    """`items`: what it puts into a batch; none where it cannot, or should not, be part of one."""

    def __init__(self, method: str, path: str, sent: Mapping[str, Any], *, alone: bool = False) -> None:
        self.method, self.path, self.sent = method, path, sent
        self.writes = method != "GET"
        self.is_batch = "batch" in (sent.get("data") or {})
        self.items: list[Mapping[str, str]] = [] if alone else self._as_items()
        self.asked_at = time.monotonic()
        self.answer: Future[Answer] = Future()

    def _as_items(self) -> list[Mapping[str, str]]:
        if self.is_batch:
            return json.loads(self.sent["data"]["batch"])
        if self.writes or not self.path.startswith(VERSION):
            return []
        given = {name: value for name, value in (self.sent.get("params") or {}).items() if value is not None}
        query = urlencode(given, doseq=True)
        return [{"method": "GET", "relative_url": f"{self.path}?{query}" if query else self.path}]

    def take(self, answer: Answer | BaseException) -> None:
        if isinstance(answer, Answer):
            self.answer.set_result(answer)
        elif isinstance(answer, NoAnswer):
            self.answer.set_exception(NoAnswer(str(answer)))  # each thread raises its own
        else:
            self.answer.set_exception(answer)


def _nothing_was_written(whole: Answer) -> bool:
    """Whether Meta turned the whole request away, for a limit or for the token's sake: that is true of each call in it."""
    error = whole.body.get("error") if isinstance(whole.body, dict) else None
    return isinstance(error, dict) and reaction_to(error).error in (TryLater, Stop)


def _dealt_out(whole: Answer, calls: Sequence[Call]) -> list[Answer | BaseException]:
    """To each call its own slots, by their place. The headers are those of its item, and what the whole says of the app."""
    of_the_app = {OF_THE_APP: whole.headers[OF_THE_APP]} if OF_THE_APP in whole.headers else {}
    slots, answers = iter(whole.body), []
    for call in calls:
        own = [next(slots) for _ in call.items]
        answers.append(Answer(200, of_the_app, own) if call.is_batch else _alone(own[0], of_the_app))
    return answers


def _alone(slot: Any, of_the_app: Mapping[str, str]) -> Answer | BaseException:
    """An item's answer as that of a call of its own."""
    if not isinstance(slot, dict) or not isinstance(slot.get("code"), int):
        return NoAnswer("Meta left this item's answer empty")
    try:
        body = json.loads(slot.get("body") or "null")
    except (json.JSONDecodeError, TypeError):
        body = None
    return Answer(slot["code"], {**of_the_app, **headers_of(slot)}, body)
