"""The matcher on one and ten million clicks in the product's own tables: batch, chunks, online, hot key, revisions, ingest."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
from django.db import connection, transaction

from attribution.actions.credit.attribute_deals import Booking, attribute_deals, post_values
from attribution.actions.credit.learn_matching import learn_matching
from attribution.actions.touches.record_touchpoints import record_touchpoints
from attribution.models import Deal
from attribution.row_fields import TOUCHPOINT
from attribution.selectors import Level, by_level
from bench.cpu import process_cpu_seconds
from bench.journeys.bulk import load_in_bulk
from bench.journeys.journeys import simulate
from bench.journeys.loading import at
from bench.journeys.scenarios import BASE
from bench.table import print_table
from stratum.core.models import Workspace
from stratum.core.periods import Period
from stratum.core.rows import read_row
from stratum.core.tenancy import in_workspace

SIZES = {"1": (1_000_000, 40_000), "10": (10_000_000, 100_000)}
"""Clicks, leads."""
HOT_CLICKS = 200_000
ONLINE = 6_000
INGEST = 100_000
HEADS = ["", "rate or time", "of", "target", "wall clock"]


@dataclass
class Spent:
    cpu: float = 0.0
    database: float = 0.0
    """The connection's part of it."""
    wall: float = 0.0


@contextmanager
def spending() -> Iterator[Spent]:
    """Processor seconds of this process and of its database connection's, and wall-clock seconds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]
    spent = Spent()
    began, database, own = time.perf_counter(), process_cpu_seconds(backend), time.process_time()
    yield spent
    spent.wall = time.perf_counter() - began
    spent.database = process_cpu_seconds(backend) - database
    spent.cpu = spent.database + time.process_time() - own


def run() -> None:
    """CLICKS=1 or CLICKS=10 in the environment runs one size (millions)."""
    for size in os.environ.get("CLICKS", "1,10").split(","):
        _report(*SIZES[size])


def _report(clicks: int, leads: int) -> None:
    scenario = replace(
        BASE, clicks=clicks, people=int(clicks / 1.9), leads=leads, ads=1_000, campaigns=100, days=90, train_days=60
    )
    journeys = simulate(scenario, 11)
    began = time.perf_counter()
    workspace, ads = load_in_bulk(journeys, f"{clicks}", keep_back=0)
    print(
        f"-- {clicks:,} clicks, {leads:,} leads; loaded and indexed in {time.perf_counter() - began:.0f} s --\n",
        flush=True,
    )
    with in_workspace(workspace):
        _plain_session()
        learn_matching(workspace, until=at(scenario.train_days))
        deals = list(Deal.objects.order_by("id").values_list("id", flat=True))
        rows = [
            _batch(workspace, deals[: len(deals) // 2], "batch of 20,000", 20_000, 5_000),
            _batch(workspace, deals[len(deals) // 2 : -ONLINE], "chunks of 2,000", 2_000, 4_000),
            *_online(workspace, deals[-ONLINE:], "one lead", target="1 ms"),
            _replay(workspace, deals[:10_000]),
            _revisions(workspace, deals[::5]),
            _conservation(workspace),
            _roas(),
            *_ingest(workspace, ads),
            *_hot_key(workspace, ads),
        ]
    print_table(HEADS, rows)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE core_workspace CASCADE")


def _plain_session() -> None:
    with connection.cursor() as cursor:
        for setting in ("statement_timeout = 0", "max_parallel_workers_per_gather = 0", "jit = off"):
            cursor.execute(f"SET {setting}")


def _batch(workspace: Workspace, deals: Sequence[int], name: str, size: int, target: int) -> list[str]:
    with spending() as spent:
        lines = sum(
            attribute_deals(workspace, [Booking(deal, "bench") for deal in deals[first : first + size]], now=at(100))
            for first in range(0, len(deals), size)
        )
    told = f"{len(deals):,} leads, {lines:,} lines"
    return [f"calibrated, {name}", _rate(len(deals), spent.cpu), told, f"{target:,}/s", _rate(len(deals), spent.wall)]


def _online(workspace: Workspace, deals: Sequence[int], name: str, *, target: str = "") -> Iterator[list[str]]:
    """The matcher's own time, within a transaction that stored the lead, and with a transaction and its wait for the disk."""
    half = len(deals) // 2
    within, alone = [], []
    with spending() as spent:
        for deal in deals[:half]:
            with transaction.atomic():
                # As callers do: the transaction that stores a lead matches it.
                Deal.objects.filter(pk=deal).update(updated_at=at(100))
                within.append(_milliseconds(workspace, deal))
    told = f"{1000 * spent.cpu / half:.2f} ms of CPU, storing it and commit included"
    yield from _percentiles(f"{name}, matched and posted", within, told, target)
    alone = [_milliseconds(workspace, deal) for deal in deals[half:]]
    yield from _percentiles(f"{name}, until it is on disk", alone, "a transaction of its own")


def _milliseconds(workspace: Workspace, deal: int) -> float:
    began = time.perf_counter()
    attribute_deals(workspace, [Booking(deal, "bench")], now=at(100))
    return 1000 * (time.perf_counter() - began)


def _percentiles(name: str, times: Sequence[float], told: str, target: str = "") -> Iterator[list[str]]:
    half, most, nearly_all = np.percentile(times, (50, 95, 99))
    yield [f"{name}, p50", f"{half:.2f} ms", told, target, ""]
    yield [f"{name}, p95", f"{most:.2f} ms", f"p99 {nearly_all:.1f} ms", "10 ms", ""]


def _replay(workspace: Workspace, deals: Sequence[int]) -> list[str]:
    lines = attribute_deals(workspace, [Booking(deal, "again") for deal in deals], now=at(100))
    return ["the same again", f"{lines} lines", f"{len(deals):,} leads", "0 lines", ""]


def _revisions(workspace: Workspace, deals: Sequence[int]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE attribution_deal SET value = value * 7 / 10 WHERE id = ANY(%s)", [list(deals)])
    with spending() as spent:
        for first in range(0, len(deals), 2_000):
            post_values(workspace, [Booking(deal, "worth less") for deal in deals[first : first + 2_000]], now=at(101))
    return [
        "revisions of value",
        _rate(len(deals), spent.cpu),
        f"{len(deals):,} deals",
        "10,000/s",
        _rate(len(deals), spent.wall),
    ]


def _conservation(workspace: Workspace) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(*) FILTER (WHERE amount <> value OR credit <> 1) FROM ("
            " SELECT deal.value, sum(entry.amount) AS amount, sum(entry.credit) AS credit FROM attribution_ledgerentry entry"
            " JOIN attribution_deal deal ON deal.id = entry.deal_id WHERE entry.workspace_id = %s GROUP BY deal.id, deal.value) AS balance",
            [workspace.pk],
        )
        deals, wrong = cursor.fetchone()
    return ["deals whose lines do not add up", f"{wrong}", f"{deals:,} deals", "0", ""]


def _roas() -> list[str]:
    with spending() as spent:
        found = by_level(Level.AD, Period(at(0).date(), at(100).date()))
    return ["ROAS of every ad, all days", f"{spent.wall:.2f} s", f"{len(found):,} ads", "1.5 s", ""]


def _ingest(workspace: Workspace, ads: np.ndarray) -> list[list[str]]:
    """Rows as integrators send them, read, hashed and stored with all indexes in place."""
    rng = np.random.default_rng(3)
    names = {
        "anonymous_id": rng.integers(0, 10**6, INGEST),
        "fingerprint": rng.integers(0, 10**5, INGEST),
    }
    addresses = rng.integers(2**24, 2**31, INGEST // 3).repeat(3)[:INGEST].tolist() + [2**25] * 3
    raw = [
        {
            "touchpoint_id": f"in{n}",
            "occurred_at": (at(100) + timedelta(seconds=n)).isoformat(),
            "kind": "ad_click",
            "ad_id": f"a{n % ads.size}",
            "consent": 2,
            "ip": f"{addresses[n] >> 24 & 255}.{addresses[n] >> 16 & 255}.{addresses[n] >> 8 & 255}.{addresses[n] & 255}",
            **{name: f"{name}{values[n]}" for name, values in names.items()},
        }
        for n in range(INGEST)
    ]
    with spending() as whole:
        rows = [read_row(row, TOUCHPOINT) for row in raw]
        with spending() as stored:
            for first in range(0, INGEST, 5_000):
                record_touchpoints(workspace, rows[first : first + 5_000])
    return [
        ["touchpoints in: the database's part", _rate(INGEST, stored.database), "seven indexes", "20,000/s", ""],
        [
            "touchpoints in: read, hashed, stored",
            _rate(INGEST, whole.cpu),
            "as integrators send them",
            "",
            _rate(INGEST, whole.wall),
        ],
    ]


def _hot_key(workspace: Workspace, ads: np.ndarray) -> list[list[str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO attribution_touchpoint (workspace_id, touchpoint_id, occurred_at, received_at, kind, ad_external_id, ad_id,"
            " campaign_external_id, channel, landing_path, form_id, region, consent, is_bot, click_id_kind, fbc, fbp, user_agent, anonymous_hash, fingerprint_hash, ip_hash)"
            " SELECT %(workspace)s, 'hot' || n, %(start)s + n * interval '12 seconds', now(), 'ad_click', '', %(ad)s, '', '', '', '', '', 2, false, '', '', '', '', n, 77, 78"
            " FROM generate_series(1, %(clicks)s) AS n",
            {"workspace": workspace.pk, "start": at(61), "ad": int(ads[0]), "clicks": HOT_CLICKS},
        )
        cursor.execute(
            "INSERT INTO attribution_deal (workspace_id, external_id, name, pipeline_id, stage_id, stage_label, form_id, region, is_won, is_closed, value,"
            " currency, fx_source, unvalued_because, created_at, updated_at, revision, fingerprint_hash, ip_hash)"
            " SELECT %(workspace)s, 'hot' || n, '', '', '', '', '', '', true, true, 1000, 'USD', '', '', %(at)s, %(at)s, 0, 77, 78"
            " FROM generate_series(1, 500) AS n",
            {"workspace": workspace.pk, "at": at(90)},
        )
    deals = list(Deal.objects.filter(external_id__startswith="hot").values_list("id", flat=True))
    return list(_online(workspace, deals, f"a key with {HOT_CLICKS:,} clicks"))


def _rate(count: int, seconds: float) -> str:
    return f"{count / seconds:,.0f}/s"
