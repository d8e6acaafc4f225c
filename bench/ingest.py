"""HubSpot's webhook beside a bare Django endpoint, and the parsing of what landed."""

from __future__ import annotations

import hashlib
import os
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import connection

from attribution.actions.crm.connect_crm import connect_crm
from attribution.actions.crm.parse_inbox import parse_inbox
from bench.cpu import parent_of, tree_cpu_seconds
from bench.deliveries import PORTAL_ID, SECRET, body
from bench.load import Order, Result, load
from bench.table import print_table
from bench.web import serving
from stratum.core.actions.make_workspace import make_workspace
from stratum.core.tenancy import in_workspace
from stratum.embedded.children import Child

TARGET = 0.65
ROUNDS = 3
SECONDS, WARM_UP_SECONDS, PARSE_SECONDS = 8.0, 1.5, 8.0
PRODUCT, BARE = "Stratum", "bare Django"
TABLES = {PRODUCT: "attribution_inboxdelivery", BARE: "bare_delivery"}
BARE_TABLE = "CREATE TABLE bare_delivery (id bigserial PRIMARY KEY, received_at timestamptz NOT NULL DEFAULT now(), body bytea NOT NULL)"


@dataclass(frozen=True)
class Case:
    name: str
    events: int
    most: int
    """Deliveries a round, which bounds the memory of the load generator."""


CASES = (Case("one event", 1, 24_000), Case("a hundred events", 100, 4_000))


@dataclass(frozen=True)
class Round:
    result: Result
    web_cpu: float
    postgres_cpu: float


@dataclass
class Endpoint:
    name: str
    child: Child
    port: int
    rounds: list[Round] = field(default_factory=list)
    sent: list[range] = field(default_factory=list)
    """Numbers of the bodies that were sent, warm-up included."""

    def figures(self, case: Case) -> Figures:
        return Figures.of(self.rounds, case.events)


@dataclass(frozen=True)
class Figures:
    """Medians of the rounds."""

    events_a_second: float
    half_ms: float
    slow_ms: float
    web_micros: float
    postgres_micros: float

    @property
    def micros(self) -> float:
        return self.web_micros + self.postgres_micros

    @classmethod
    def of(cls, rounds: list[Round], events: int) -> Figures:
        each = [
            (
                one.result.sent * events / one.result.seconds,
                statistics.median(one.result.milliseconds),
                statistics.quantiles(one.result.milliseconds, n=100)[98],
                1e6 * one.web_cpu / (one.result.sent * events),
                1e6 * one.postgres_cpu / (one.result.sent * events),
            )
            for one in rounds
        ]
        return cls(*(statistics.median(column) for column in zip(*each, strict=True)))


def run() -> None:
    workspace = make_workspace(name="Bench")
    with in_workspace(workspace):
        connect_crm(workspace, portal_id=PORTAL_ID, access_token="token", client_secret=SECRET, actor="bench")
    _sql(BARE_TABLE)
    print(
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before the start. Client, servers and whatever else runs here share them:"
    )
    print("wall-clock rates swing with that, processor time per event hardly does. Judge by the processor time.")
    print(
        f"16 connections, closed loop, gunicorn 2 workers × 4 threads, fsync on; medians of {ROUNDS} rounds, alternating.\n"
    )
    ratios = [_case(case) for case in CASES]
    reached = "reached" if min(ratios) >= TARGET else "MISSED"
    named = ", ".join(f"{ratio:.2f} for {case.name}" for case, ratio in zip(CASES, ratios, strict=True))
    print(f"Target {reached}: at least {TARGET} of the bare endpoint by processor time; measured {named}.")


def _case(case: Case) -> float:
    """Prints everything about the case and returns bare ÷ Stratum in processor time per event."""
    for table in TABLES.values():
        _sql(f"TRUNCATE {table} CASCADE")
    with _endpoints() as endpoints:
        next_number = 0
        for turn in range(ROUNDS + 1):
            for endpoint in endpoints:
                seconds = SECONDS if turn else WARM_UP_SECONDS
                order = Order(endpoint.port, os.environ["PUBLIC_URL"], next_number, case.most, case.events, seconds)
                measured = _round(endpoint, order)
                endpoint.sent.append(range(next_number, next_number + measured.result.sent))
                endpoint.rounds += [measured] if turn else []
                next_number += case.most
    product, bare = (endpoint.figures(case) for endpoint in endpoints)
    heads = (case.name, "events/s", "p50 ms", "p99 ms", "web µs/event", "PostgreSQL µs/event", "both µs/event")
    print_table(heads, [_row(BARE, bare), _row(PRODUCT, product), _ratios(product, bare)])
    for endpoint in endpoints:
        _check(endpoint, case)
    _parse(case)
    return bare.micros / product.micros


def _row(name: str, of: Figures) -> tuple[str, ...]:
    return (
        name,
        f"{of.events_a_second:,.0f}",
        f"{of.half_ms:.1f}",
        f"{of.slow_ms:.1f}",
        f"{of.web_micros:,.1f}",
        f"{of.postgres_micros:,.1f}",
        f"{of.micros:,.1f}",
    )


def _ratios(product: Figures, bare: Figures) -> tuple[str, ...]:
    cpu = [
        bare.web_micros / product.web_micros,
        bare.postgres_micros / product.postgres_micros,
        bare.micros / product.micros,
    ]
    return (
        "Stratum's share",
        f"{product.events_a_second / bare.events_a_second:.2f}",
        "",
        "",
        *(f"{ratio:.2f}" for ratio in cpu),
    )


def _round(endpoint: Endpoint, order: Order) -> Round:
    before: list[float] = []
    web = endpoint.child.pid
    assert web
    postgres = _postmaster()
    result = load(order, on_start=lambda: before.extend([tree_cpu_seconds(web), tree_cpu_seconds(postgres)]))
    after = tree_cpu_seconds(web), tree_cpu_seconds(postgres)
    assert result.all_accepted, f"{endpoint.name} answered {result.statuses}"
    return Round(result, after[0] - before[0], after[1] - before[1])


def _check(endpoint: Endpoint, case: Case) -> None:
    """What was sent is there, once, and nothing else is."""
    sent = {hashlib.sha256(body(number, case.events)).digest() for numbers in endpoint.sent for number in numbers}
    stored = [bytes(digest) for (digest,) in _sql(f"SELECT sha256(body) FROM {TABLES[endpoint.name]}")]
    assert len(stored) == len(sent), f"{endpoint.name}: {len(sent)} distinct bodies sent, {len(stored)} stored"
    assert set(stored) == sent, f"{endpoint.name} stored other bodies than were sent"
    print(
        f"{endpoint.name}: every answer 2xx; {len(sent):,} distinct bodies sent, exactly these {len(stored):,} stored."
    )


def _parse(case: Case) -> None:
    """Parses what landed, for a bounded time, in this process."""
    began, cpu, postgres = time.monotonic(), time.process_time(), tree_cpu_seconds(_postmaster())
    while time.monotonic() - began < PARSE_SECONDS and parse_inbox(most=20):
        pass
    seconds, cpu, postgres = (
        time.monotonic() - began,
        time.process_time() - cpu,
        tree_cpu_seconds(_postmaster()) - postgres,
    )
    [(events, deliveries, accepted)] = _sql(
        "SELECT (SELECT count(*) FROM attribution_crmevent), count(*), sum(accepted) FROM attribution_inboxdelivery WHERE parsed_at IS NOT NULL"
    )
    assert events == accepted == deliveries * case.events, (
        f"{deliveries} deliveries parsed into {events} events, {accepted} counted"
    )
    each = [f"{1e6 * spent / events:,.1f}" for spent in (cpu, postgres, cpu + postgres)]
    print()
    heads = (f"parsing, {case.name}", "events/s", "worker µs/event", "PostgreSQL µs/event", "both µs/event")
    print_table(
        heads, [(f"{events:,} events of {deliveries:,} deliveries, one process", f"{events / seconds:,.0f}", *each)]
    )


@contextmanager
def _endpoints() -> Iterator[tuple[Endpoint, Endpoint]]:
    """Both, side by side."""
    os.environ["BENCH_SECRET"] = SECRET
    with serving("stratum.wsgi") as (port, product), serving("bench.bare_endpoint") as (bare_port, bare):
        yield Endpoint(PRODUCT, product, port), Endpoint(BARE, bare, bare_port)


def _postmaster() -> int:
    """The process above our own session's."""
    [(backend,)] = _sql("SELECT pg_backend_pid()")
    return parent_of(backend)


def _sql(statement: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []
