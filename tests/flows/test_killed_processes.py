"""kill -9 of every process in turn, under fire: what was acknowledged is there, once, and every count closes."""

from __future__ import annotations

import json
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.flows.processes import Processes, running_processes
from tests.flows.sender import Sender, shuffled_deliveries, value_of

EVENTS, DEALS, UNREADABLE = 600, 50, 6
VICTIMS = ("web", "worker", "valkey", "postgres", "beat")
UNPARSED = "SELECT count(*) FROM attribution_inboxdelivery WHERE parsed_at IS NULL"
PARSED = "SELECT count(*) FROM attribution_inboxdelivery WHERE parsed_at IS NOT NULL"
UNREASONED = "SELECT count(*) FROM attribution_dealrefresh WHERE last_error = ''"


@dataclass(frozen=True)
class Aftermath:
    processes: Processes
    sender: Sender
    bodies: list[bytes]

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        return self.processes.sql(statement)

    @property
    def distinct(self) -> dict[bytes, list[dict[str, Any]]]:
        return {body: json.loads(body) for body in self.bodies}


@pytest.fixture(scope="module")
def aftermath() -> Iterator[Aftermath]:
    """Everything has been killed once, with deliveries on the way, and is up again."""
    bodies = shuffled_deliveries(EVENTS, deals=DEALS, unreadable=UNREADABLE, rng=random.Random(4))
    with pytest.MonkeyPatch.context() as patch, running_processes(patch.setenv) as processes:
        sender = Sender(processes.port)
        processes.while_supervised(lambda: _kill_each(processes, sender, bodies))
        yield Aftermath(processes, sender, bodies)


def test_everything_that_was_sent_is_acknowledged_and_nothing_refused(aftermath: Aftermath) -> None:
    assert aftermath.sender.acknowledged == Counter(aftermath.bodies)
    assert not [status for status in aftermath.sender.statuses if status.startswith("4")]


def test_every_acknowledged_event_is_there_exactly_once(aftermath: Aftermath) -> None:
    stored = Counter(value for (value,) in aftermath.rows("SELECT property_value FROM attribution_crmevent"))
    assert stored == Counter(value_of(number) for number in range(EVENTS))


def test_the_inbox_holds_each_body_once_and_counts_every_arrival(aftermath: Aftermath) -> None:
    arrivals = {
        bytes(body): times
        for body, times in aftermath.rows("SELECT body, times_received FROM attribution_inboxdelivery")
    }
    assert len(aftermath.rows("SELECT id FROM attribution_inboxdelivery")) == len(arrivals)
    assert arrivals.keys() == aftermath.distinct.keys()
    # An answer that got lost was followed by another arrival.
    assert all(arrivals[body] >= times for body, times in aftermath.sender.acknowledged.items())


def test_received_is_accepted_and_duplicate_and_dead_lettered(aftermath: Aftermath) -> None:
    counted = aftermath.rows("SELECT body, accepted + duplicate + dead FROM attribution_inboxdelivery")
    assert {bytes(body): count for body, count in counted} == {
        body: len(events) for body, events in aftermath.distinct.items()
    }
    received = sum(len(events) for events in aftermath.distinct.values())
    totals = aftermath.rows("SELECT sum(accepted), sum(duplicate), sum(dead) FROM attribution_inboxdelivery")
    assert totals == [(EVENTS, received - EVENTS - UNREADABLE, UNREADABLE)]
    assert aftermath.rows("SELECT count(*) FROM attribution_deadletter") == [(UNREADABLE,)]


def test_each_touched_deal_waits_once_with_the_reason_why_it_cannot_be_read(aftermath: Aftermath) -> None:
    waiting = aftermath.rows("SELECT deal_external_id, reread, last_error FROM attribution_dealrefresh")
    assert sorted(deal for deal, _, _ in waiting) == sorted(str(9000 + number) for number in range(DEALS))
    assert all(reread for _, reread, _ in waiting)
    assert {reason for _, _, reason in waiting} == {"GET crm/v3/pipelines/deals: ConnectionError"}


def test_every_process_was_started_again_once(aftermath: Aftermath) -> None:
    assert {name: aftermath.processes.restarts(name) for name in VICTIMS} == dict.fromkeys(VICTIMS, 1)


def _kill_each(processes: Processes, sender: Sender, bodies: list[bytes]) -> None:
    """A fifth of the deliveries for each victim, who dies in the middle of it."""
    for number, victim in enumerate(VICTIMS):
        print(_kill(victim, processes, sender, bodies[number :: len(VICTIMS)]))
    print(f"answers: {dict(sender.statuses)}")
    _until(lambda: not processes.one(UNREASONED), "deals wait without a reason", seconds=30)


def _kill(victim: str, processes: Processes, sender: Sender, share: list[bytes]) -> str:
    """Returns in one line how long it took until everything was acknowledged, and until everything was parsed."""
    parsed = processes.one(PARSED)
    sending = sender.send(share)
    if victim == "worker":
        _until(lambda: processes.one(PARSED) > parsed, "the worker does not parse", pause=0.0)
    else:
        _until(lambda: sum(future.done() for future in sending) > len(share) / 3, "nothing is acknowledged")
    left, waiting = sum(not future.done() for future in sending), processes.one(UNPARSED)
    processes.kill(victim)
    killed_at = time.monotonic()
    for future in sending:
        future.result()
    acknowledged = time.monotonic() - killed_at
    _until(lambda: not processes.one(UNPARSED), "deliveries stay unparsed")
    said = f"{victim:<9} killed with {left:2} deliveries to send and {waiting:2} to parse:"
    return (
        f"{said} all acknowledged after {acknowledged:4.1f} s, all parsed after {time.monotonic() - killed_at:4.1f} s"
    )


def _until(true: Callable[[], bool], otherwise: str, *, seconds: float = 20.0, pause: float = 0.02) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, f"{otherwise} within {seconds:.0f} seconds (load {os.getloadavg()[0]:.1f})"
        time.sleep(pause)
