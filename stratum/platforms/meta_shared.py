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

from stratum.platforms.http import Answer, Connection, NoAnswer
from stratum.platforms.meta_batch import MOST_ITEMS, headers_of
from stratum.platforms.meta_graph import VERSION

PATIENCE_SECONDS = 2.0


class SharedCalls:
    """Seats for accounts that are worked on side by side, a thread each. Each gets the answer to its own call, as if it called alone.

    A request goes out once every seat that is still taken has asked, or the first has waited for `patience` seconds; one at a time.
    Who alone asks makes a plain call. What goes wrong with a batch as a whole goes wrong with every call in it.
    """

    def __init__(self, connection: Connection, seats: int, *, patience: float = PATIENCE_SECONDS) -> None:
        self._connection = connection
        self._taken = seats
        self._patience = patience
        self._turn = threading.Condition()
        self._waiting: list[_Call] = []
        self._under_way = False

    @contextmanager
    def seat(self) -> Iterator[Seat]:
        """One of the seats; each has to be taken, and left, or the others wait for it in vain."""
        try:
            yield Seat(self)
        finally:
            with self._turn:
                self._taken -= 1
                self._turn.notify_all()

    def ask(self, call: _Call) -> Answer:
        """Whoever asked last, or waited longest, sends what all have asked for."""
        with self._turn:
            self._waiting.append(call)
            while not call.answer.done() and not self._may_go(call):
                self._turn.wait(self._patience)
            going = [] if call.answer.done() else self._waiting
            if going:
                self._waiting, self._under_way = [], True
        if going:
            try:
                self._send(going)
            finally:
                with self._turn:
                    self._under_way = False
                    self._turn.notify_all()
        return call.answer.result()

    def _may_go(self, call: _Call) -> bool:
        if self._under_way or call not in self._waiting:
            return False
        waited = time.monotonic() - self._waiting[0].asked_at
        return len(self._waiting) >= self._taken or waited >= self._patience

    def _send(self, going: Sequence[_Call]) -> None:
        """Every call is answered, or raises what went wrong."""
        for calls in _packed(going):
            try:
                answers = self._answers(calls)
            except BaseException as problem:
                answers = [problem] * len(calls)
            for call, answer in zip(calls, answers, strict=True):
                call.take(answer)

    def _answers(self, calls: Sequence[_Call]) -> list[Answer | BaseException]:
        if len(calls) == 1:
            return [self._connection.call(calls[0].method, calls[0].path, **calls[0].sent)]
        batch = json.dumps([item for call in calls for item in call.items])
        whole = self._connection.call("POST", f"{VERSION}/", data={"batch": batch})
        if isinstance(whole.body, list):
            return _dealt_out(whole.body, calls)
        if whole.body is None or "error" in whole.body:
            return [whole] * len(calls)
        return [NoAnswer("a batch was answered with something else than a list") for _ in calls]


class Seat:
    """What stands in for a `Connection` while calls are shared."""

    def __init__(self, shared: SharedCalls) -> None:
        self._shared = shared

    def call(self, method: str, path: str, **sent: Any) -> Answer:
        """As `Connection.call`."""
        return self._shared.ask(_Call(method, path, sent))


class _Call:
    """`items`: what it puts into a batch; none where it cannot be part of one."""

    def __init__(self, method: str, path: str, sent: Mapping[str, Any]) -> None:
        self.method, self.path, self.sent = method, path, sent
        self.is_batch = "batch" in sent.get("data", {})
        self.items: list[Mapping[str, str]] = json.loads(sent["data"]["batch"]) if self.is_batch else self._as_item()
        self.asked_at = time.monotonic()
        self.answer: Future[Answer] = Future()

    def _as_item(self) -> list[Mapping[str, str]]:
        if self.method == "GET" and self.path.startswith(VERSION):
            query = urlencode(self.sent.get("params", {}))
            return [{"method": "GET", "relative_url": f"{self.path}?{query}" if query else self.path}]
        return []

    def take(self, answer: Answer | BaseException) -> None:
        if isinstance(answer, Answer):
            self.answer.set_result(answer)
        elif isinstance(answer, NoAnswer):
            self.answer.set_exception(NoAnswer(str(answer)))  # each thread raises its own
        else:
            self.answer.set_exception(answer)


def _packed(going: Sequence[_Call]) -> list[list[_Call]]:
    """The calls in as few requests as first-fit finds, the largest first; a call is never split."""
    requests: list[list[_Call]] = [[call] for call in going if not call.items]
    shared: list[list[_Call]] = []
    for call in sorted((call for call in going if call.items), key=lambda call: -len(call.items)):
        room = (one for one in shared if sum(len(held.items) for held in one) + len(call.items) <= MOST_ITEMS)
        if (found := next(room, None)) is not None:
            found.append(call)
        else:
            shared.append([call])
    return requests + shared


def _dealt_out(slots: Sequence[Any], calls: Sequence[_Call]) -> list[Answer | BaseException]:
    """To each call its own slots. The headers are those of its item: a batch belongs to no account."""
    answers: list[Answer | BaseException] = []
    padded = iter([*slots, *[None] * sum(len(call.items) for call in calls)])
    for call in calls:
        own = [next(padded) for _ in call.items]
        answers.append(Answer(200, {}, own) if call.is_batch else _alone(own[0]))
    return answers


def _alone(slot: Any) -> Answer | BaseException:
    """An item's answer as that of a call of its own."""
    if not isinstance(slot, dict):
        return NoAnswer("Meta left this item's answer empty")
    try:
        body = json.loads(slot.get("body") or "null")
    except (json.JSONDecodeError, TypeError):
        body = None
    return Answer(int(slot.get("code") or 0), headers_of(slot), body)
