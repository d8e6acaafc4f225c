"""What a file or a bulk call may hold: for each kind its fields, what makes a row unique, and what becomes of rows that share it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from attribution.actions.ads.import_ad_days import import_sent_ad_days
from attribution.actions.deals.import_deals import import_deals
from attribution.actions.deals.import_exchange_rates import import_exchange_rates
from attribution.actions.touches.import_touchpoints import import_touchpoints
from attribution.domain.ad_export_columns import export_columns, export_currency
from attribution.domain.same_rows import Settled, is_breakdown, settle_ad_days, settle_rates, settle_states
from attribution.row_fields import AD_DAY, DEAL, EXCHANGE_RATE, TOUCHPOINT
from stratum.core.models import Workspace
from stratum.core.sent_rows import Outcome, Problem, RowKind, SentRow

Settling = tuple[list[SentRow], list[Problem]]


def _ad_day(rows: list[SentRow]) -> Settling:
    return _settled(rows, settle_ad_days([(row.values, row.others) for row in rows]), "ad_id")


def _state(rows: list[SentRow]) -> Settling:
    return _settled(rows, settle_states([row.values for row in rows]), "amount")


def _rate(rows: list[SentRow]) -> Settling:
    return _settled(rows, settle_rates([row.values for row in rows]), "rate")


def _settled(rows: list[SentRow], settled: Settled, field: str) -> Settling:
    if settled.values is None:
        return [], [Problem(row.position, field, settled.reason) for row in rows]
    return [SentRow(rows[0].position, settled.values, rows[0].others)], []


def _by_values(
    store: Callable[[Workspace, list[dict[str, Any]]], int],
) -> Callable[[Workspace, list[SentRow]], Outcome]:
    def store_rows(workspace: Workspace, rows: list[SentRow]) -> Outcome:
        return Outcome(store(workspace, [row.values for row in rows]), notes=Counter())

    return store_rows


STATE_KEY = (
    "deal_id",
    "created_at",
    "updated_at",
    "closed_at",
    "stage",
    "is_won",
    "is_lost",
    "merged_into",
    "is_deleted",
)
AD_DAYS = RowKind(
    AD_DAY,
    ("date", "ad_id"),
    _ad_day,
    import_sent_ad_days,
    aliases=export_columns,
    implied=export_currency,
    is_part=lambda columns: any(map(is_breakdown, columns)),
)
TOUCHPOINTS = RowKind(TOUCHPOINT, ("touchpoint_id",), lambda rows: (rows, []), import_touchpoints)
DEALS = RowKind(DEAL, STATE_KEY, _state, _by_values(import_deals))
EXCHANGE_RATES = RowKind(EXCHANGE_RATE, ("currency", "day"), _rate, _by_values(import_exchange_rates))
