"""A million revisions of deals through the product's own import: does the ledger ever fail to add up, and does order matter?"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from django.db import connection, transaction

from attribution.actions.ads.import_ad_days import import_ad_days
from attribution.actions.credit.attribute_deals import Booking, attribute_deals
from attribution.actions.deals.import_deals import import_deals
from attribution.actions.deals.import_exchange_rates import import_exchange_rates
from attribution.actions.touches.record_touchpoints import record_touchpoints
from attribution.models import Deal, DealRefresh, LedgerEntry, Touchpoint
from attribution.row_fields import AD_DAY, DEAL, TOUCHPOINT
from bench.cpu import process_cpu_seconds
from bench.table import print_table
from stratum.core.actions.make_workspace import make_workspace
from stratum.core.models import Workspace
from stratum.core.planner import analyse
from stratum.core.rows import Field
from stratum.core.tenancy import in_workspace

EVENTS = 1_000_000
DEALS = 2_000
AT_ONCE = 5_000
"""Rows of a bulk call."""
START = datetime(2026, 3, 1, tzinfo=UTC)
STATES = ("open", "open", "open", "won", "lost", "reopened", "merged", "deleted")
VIOLATIONS = """
    SELECT count(*) FROM (
        SELECT 1 FROM attribution_deal deal LEFT JOIN attribution_ledgerentry entry ON entry.workspace_id = deal.workspace_id AND entry.deal_id = deal.id
        WHERE deal.workspace_id = %s GROUP BY deal.id HAVING sum(entry.amount) IS DISTINCT FROM deal.value OR sum(entry.credit) IS DISTINCT FROM 1
    ) AS violated
"""
BALANCES = """
    SELECT deal.external_id, entry.layer, ad.external_id, sum(entry.amount) FROM attribution_ledgerentry entry
    JOIN attribution_deal deal ON deal.id = entry.deal_id LEFT JOIN core_ad ad ON ad.id = entry.ad_id
    WHERE entry.workspace_id = %s GROUP BY 1, 2, 3 HAVING sum(entry.amount) <> 0 ORDER BY 1, 2, 3
"""


def run() -> None:
    """EVENTS=100000 in the environment runs fewer."""
    count = int(os.environ.get("EVENTS", EVENTS))
    _cost_of_the_guard()  # while the tables are small: later the time goes to what a million events left behind
    ends, rows = [], []
    for seed, order in ((1, "late by up to a day, one in ten twice"), (2, "shuffled whole, one in ten twice")):
        workspace = _workspace(f"ledger {seed}")
        with in_workspace(workspace):
            row, balances = _deliver(workspace, count if seed == 1 else count // 5, count, seed)
            rows.append([order, *row])
            ends.append(balances)
    print_table(["delivered", "events", "deals", "revisions", "lines", "violations", "replay lines", "events/s"], rows)
    same, of = len(ends[0] & ends[1]), len(ends[0] | ends[1])
    print(f"balances after both orders: {same:,} of {of:,} the same")
    print(
        "violations: deals whose lines are not their value or whose credits are not one, looked for after every call."
    )


def _deliver(workspace: Workspace, most: int, count: int, seed: int) -> tuple[list[Any], set[tuple[Any, ...]]]:
    rng = np.random.default_rng(seed)
    violations, sent = 0, 0
    began = time.perf_counter()
    for numbers in _order(rng, most, count):
        import_deals(workspace, [_state(int(number)) for number in numbers])
        sent += len(numbers)
        violations += _one(VIOLATIONS, workspace.pk)
    took = time.perf_counter() - began
    DealRefresh.objects.all().delete()
    bookings = [Booking(pk, "again") for pk in Deal.objects.order_by("id").values_list("pk", flat=True)]
    replayed = attribute_deals(workspace, bookings, now=START)
    revisions = sum(Deal.objects.values_list("revision", flat=True))
    found = [sent, len(bookings), revisions, LedgerEntry.objects.count(), violations, replayed, sent / took]
    with connection.cursor() as cursor:
        cursor.execute(BALANCES, [workspace.pk])
        return [f"{figure:,.0f}" for figure in found], set(cursor.fetchall())


def _order(rng: np.random.Generator, most: int, count: int) -> Iterator[np.ndarray]:
    """Numbers of events in the order of delivery: all of them late by a little, or the last ones of all deals shuffled whole."""
    first = count - most
    numbers = np.arange(first, count)
    numbers = np.concatenate([numbers, rng.choice(numbers, most // 10)])
    delay = rng.uniform(0, 4 * DEALS if first == 0 else most, numbers.size)
    numbers = numbers[np.argsort(numbers + delay, kind="stable")]
    yield from np.array_split(numbers, -(-numbers.size // AT_ONCE))


def _state(number: int) -> dict[str, Any]:
    """The event of that number, the same whenever it is asked for."""
    rng = np.random.default_rng(number)
    which = int(rng.integers(DEALS))
    state = STATES[int(rng.integers(len(STATES)))]
    return _row(
        DEAL,
        deal_id=f"d{which}",
        created_at=START + timedelta(minutes=which),
        updated_at=START + timedelta(days=2, seconds=number),
        stage=state,
        stage_probability=Decimal(int(rng.integers(1, 10))) / 10,
        is_won=state == "won",
        is_lost=state == "lost",
        merged_into=f"d{(which + 1) % DEALS}" if state == "merged" else None,
        is_deleted=state == "deleted",
        amount=Decimal(int(rng.integers(1, 10**7))) / 100,
        currency="EUR" if rng.random() < 0.2 else "USD",
        anonymous_id=f"x{which}",
    )


def _workspace(name: str) -> Workspace:
    workspace = make_workspace(name=name, currency="USD", timezone="UTC")
    rng = np.random.default_rng(7)
    with in_workspace(workspace):
        import_exchange_rates(
            workspace, [{"currency": "EUR", "day": date(2026, 1, 1), "rate": Decimal("1.0837"), "source": "bench"}]
        )
        import_ad_days(
            workspace,
            [
                _row(AD_DAY, date=date(2026, 2, 1), ad_id=f"a{ad}", spend=Decimal(1), impressions=1, clicks=1)
                for ad in range(40)
            ],
        )
        record_touchpoints(
            workspace,
            [
                _row(
                    TOUCHPOINT,
                    touchpoint_id=f"t{n}",
                    occurred_at=START - timedelta(days=rng.uniform(0, 30)),
                    kind="ad_click",
                    ad_id=f"a{rng.integers(40)}",
                    anonymous_id=f"x{rng.integers(2 * DEALS)}",
                    consent=2,
                )
                for n in range(6 * DEALS)
            ],
        )
        analyse(Touchpoint)
    return workspace


def _row(fields: dict[str, Field], **given: Any) -> dict[str, Any]:
    return {name: field.default for name, field in fields.items()} | given


def _cost_of_the_guard() -> None:
    """The same postings with and without the database's own check, in turns, by processor time of the server's backend."""
    workspace = _workspace("guard")
    seconds = {True: 0.0, False: 0.0}
    lines = {True: 0, False: 0}
    backend = _one("SELECT pg_backend_pid()")
    with in_workspace(workspace):
        import_deals(workspace, [_state(number) for number in range(5 * DEALS)])
        for turn in range(1, 41):
            guarded = turn % 4 in (1, 2)  # neither always goes first
            _guard(guarded)
            began = process_cpu_seconds(backend)
            with transaction.atomic():
                Deal.objects.update(value=1000 + 37 * turn)
                bookings = [Booking(pk, "guard") for pk in Deal.objects.values_list("pk", flat=True)]
                lines[guarded] += attribute_deals(workspace, bookings, now=START)
            seconds[guarded] += process_cpu_seconds(backend) - began
    cost = {guarded: 1e6 * seconds[guarded] / lines[guarded] for guarded in lines}
    print(
        f"a thousand lines matched and posted: {cost[False]:.0f} ms of one core unguarded, {cost[True]:.0f} ms with the "
        f"database's own guard ({cost[True] / cost[False] - 1:+.0%})\n"
    )


def _guard(on: bool) -> None:
    with connection.cursor() as cursor:
        for table in ("attribution_ledgerentry", "attribution_deal"):
            cursor.execute(f"ALTER TABLE {table} {'ENABLE' if on else 'DISABLE'} TRIGGER USER")


def _one(text: str, *values: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(text, values)
        return cursor.fetchone()[0]
