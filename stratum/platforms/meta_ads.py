"""Meta's Marketing API: what an ad account holds, what its ads did, and their budgets. Money here is in ISO minor units."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import ceil
from typing import Any

from django.conf import settings
from django.core.cache import cache

from stratum.platforms.http import Calling, Refused, with_patience
from stratum.platforms.meta_batch import MOST_ITEMS, Outcome, Written, send_batch
from stratum.platforms.meta_errors import Stop, TooMuchData
from stratum.platforms.meta_graph import Graph
from stratum.platforms.meta_insights import FIELDS, InsightRow, finished_report, parsed_rows
from stratum.platforms.meta_money import from_meta, to_meta
from stratum.platforms.meta_targeting import audience_text

MINIMUM_FIELDS = ("min_daily_budget_imp", "min_daily_budget_low_freq", "min_daily_budget_high_freq")
MINIMUM_SECONDS = 86_400
"""Asked for once a day: they change with Meta's terms, and Meta itself refuses what is below."""
STANDING_PAGES = (500, 100)
"""Rows a page of all budgets; the second where the first is too much data for Meta."""
BUDGET_FIELDS = "daily_budget,lifetime_budget,budget_remaining,start_time"
CAMPAIGN_BUDGET = f"{BUDGET_FIELDS},stop_time"
AD_SET_BUDGET = f"{BUDGET_FIELDS},end_time"


@dataclass(frozen=True)
class FixedBudget:
    """One that is spent and that nobody here changes: shared by campaigns (Google), or for a whole run (Meta's lifetime budgets).

    `amount`: minor units a day or, where it ends, all that is left of it; None where the platform does not tell what a day may cost.
    """

    id: str
    amount: int | None
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def a_day(self, now: datetime) -> int | None:
        """Minor units: what is left of a run is spread evenly over the days that are left, none shorter than a day."""
        if self.amount is None or self.ends_at is None:
            return self.amount
        left = self.ends_at - max(now, self.starts_at or now)
        return ceil(self.amount / max(left / timedelta(days=1), 1.0)) if left > timedelta(0) else 0


@dataclass(frozen=True)
class Node:
    """A campaign, an ad set (with its campaign's id) or an ad (with its ad set's id). `status` is Meta's effective status.

    What spends from a fixed budget has no daily budget. `audience`: whom an ad set is aimed at, empty where that is not read.
    """

    id: str
    name: str
    status: str
    campaign_id: str = ""
    adset_id: str = ""
    audience: str = ""
    daily_budget: int | None = None
    fixed_budget: FixedBudget | None = None

    def budgets_at(self, now: datetime) -> dict[str, Any]:
        """What is kept of its budgets, by field."""
        fixed = self.fixed_budget or FixedBudget("", None)
        return {"daily_budget": self.daily_budget, "fixed_budget_id": fixed.id, "fixed_budget": fixed.a_day(now)}


@dataclass(frozen=True)
class AccountFacts:
    currency: str
    timezone: str


@dataclass(frozen=True)
class Structure:
    campaigns: list[Node]
    ad_sets: list[Node]
    ads: list[Node]


class MetaAds:
    """One token's ad accounts. Reads are repeated patiently; writes never are. Use it in one thread."""

    overspend_factor = 1.25
    """A day may cost so many times its budget."""
    reporting_lag = timedelta(minutes=15)
    """How late figures may be."""

    def __init__(self, token: str, base_url: str | None = None, calls: Calling | None = None) -> None:
        self._graph = Graph(token, base_url or settings.META_GRAPH_URL, calls)

    def facts(self, account_id: str) -> AccountFacts:
        """The account's own currency and time zone."""
        node = account_node(account_id)
        account = self._graph.read(node, fields="currency,timezone_name")
        return AccountFacts(account["currency"], account["timezone_name"])

    def structure(self, account_id: str) -> Structure:
        """Every campaign, ad set and ad that is not archived or deleted."""
        node, currency = account_node(account_id), self.facts(account_id).currency

        def listed(edge: str, fields: str) -> list[Node]:
            rows = self._graph.pages(f"{node}/{edge}", fields=f"id,name,effective_status,{fields}")
            return [_node(row, currency) for row in rows]

        return Structure(
            campaigns=listed("campaigns", CAMPAIGN_BUDGET),
            ad_sets=listed("adsets", f"campaign_id,{AD_SET_BUDGET},targeting"),
            ads=listed("ads", "adset_id"),
        )

    def insights(
        self, account_id: str, since: date, until: date, *, action_type: str | None = None
    ) -> list[InsightRow]:
        """What each ad did on each of the account's local days, `until` included. Without `action_type`: the first of
        `meta_insights.ACTION_TYPES` that the account reports."""
        return parsed_rows(self._insight_rows(f"{account_node(account_id)}/insights", since, until), action_type)

    def _insight_rows(self, path: str, since: date, until: date) -> list[Mapping[str, Any]]:
        days = json.dumps({"since": since.isoformat(), "until": until.isoformat()})
        params = {"level": "ad", "time_increment": 1, "time_range": days, "fields": FIELDS}
        try:
            return list(self._graph.pages(path, **params))
        except TooMuchData:
            pass
        try:
            report = with_patience(lambda: finished_report(self._graph, path, params))
            return list(self._graph.pages(f"{report}/insights"))
        except TooMuchData:
            if since == until:
                raise
        middle = since + (until - since) // 2
        return [*self._insight_rows(path, since, middle), *self._insight_rows(path, middle + timedelta(days=1), until)]

    def minimum_budgets(self, account_id: str, *, currency: str) -> int:
        """The least daily budget that Meta takes in this currency, for impressions, clicks and actions alike: the highest of them."""
        key = f"meta.minimum:{self._graph.base_url}:{account_id}:{currency}"
        least = cache.get_or_set(key, lambda: self._minimum_told(account_id, currency), MINIMUM_SECONDS)
        return from_meta(least, currency)

    def _minimum_told(self, account_id: str, currency: str) -> int:
        rows = self._graph.pages(f"{account_node(account_id)}/minimum_budgets")
        own = next((row for row in rows if row.get("currency") == currency), {})
        return max((int(own.get(name) or 0) for name in MINIMUM_FIELDS), default=0)

    def budgets(self, ids: Iterable[str], *, currency: str) -> dict[str, int | None]:
        """The daily budgets as they stand now; None where the other level holds it."""
        wanted, found = list(ids), {}
        for start in range(0, len(wanted), MOST_ITEMS):
            found |= self._rows_by_id(wanted[start : start + MOST_ITEMS], "id,daily_budget")
        return {node: _budget(row, currency) for node, row in found.items()}

    def _rows_by_id(self, ids: list[str], fields: str) -> dict[str, Any]:
        """Rows by id. One object that is gone refuses the whole request, so then each is asked for alone and it is left out."""
        try:
            return self._graph.read("", ids=",".join(ids), fields=fields)
        except (Stop, TooMuchData):
            raise
        except Refused:
            if len(ids) == 1:
                return {}
            return {node: row for one in ids for node, row in self._rows_by_id([one], fields).items()}

    def write_budgets(self, budgets: Sequence[tuple[str, int]], *, currency: str) -> list[Outcome]:
        """Sets daily budgets in one batch of at most 50, never two ad sets of one campaign. Outcomes in the same order; see `send_batch`.

        What Meta's money cannot hold is refused alone, and the rest is sent.
        """
        return self._send_budgets(budgets, currency, {})

    def check_budgets(self, budgets: Sequence[tuple[str, int]], *, currency: str) -> list[Outcome]:
        """What would become of `write_budgets`; nothing is changed. It counts against the rate limit like a write."""
        return self._send_budgets(budgets, currency, {"execution_options": '["validate_only"]'})

    def _send_budgets(
        self, budgets: Sequence[tuple[str, int]], currency: str, more: Mapping[str, str]
    ) -> list[Outcome]:
        outcomes = [_held(minor, currency) for _, minor in budgets]
        sound = [number for number, outcome in enumerate(outcomes) if outcome is None]
        writes = [
            (budgets[number][0], {"daily_budget": to_meta(budgets[number][1], currency), **more}) for number in sound
        ]
        for number, outcome in zip(sound, send_batch(self._graph, writes) if writes else (), strict=True):
            outcomes[number] = outcome
        return [outcome for outcome in outcomes if outcome is not None]

    def write_statuses(self, statuses: Sequence[tuple[str, str]]) -> list[Outcome]:
        """Sets ACTIVE or PAUSED in one batch, under the same rules as budgets. Absolute, so it may be said again."""
        return send_batch(self._graph, [(node, {"status": status}) for node, status in statuses])

    def statuses(self, ids: Iterable[str]) -> dict[str, str]:
        """What each campaign or ad set was itself set to, whatever those above it are set to; those that are gone are left out."""
        wanted, found = list(ids), {}
        for start in range(0, len(wanted), MOST_ITEMS):
            found |= self._rows_by_id(wanted[start : start + MOST_ITEMS], "id,status")
        return {node: row["status"] for node, row in found.items() if row.get("status")}

    def spend_of(self, account_id: str, day: date) -> Decimal:
        """What the whole account spent on one of its own days, as told now; major units."""
        days = json.dumps({"since": day.isoformat(), "until": day.isoformat()})
        path = f"{account_node(account_id)}/insights"
        rows = self._graph.pages(path, level="account", time_range=days, fields="spend")
        return sum((Decimal(row.get("spend") or "0") for row in rows), Decimal(0))

    def standing(self, account_id: str, *, currency: str) -> list[Node]:
        """Every campaign and ad set with the status and the budget that it has now: one call up to 500 of each."""
        fields = "id,name,effective_status"
        wanted = {"campaigns": f"{fields},{CAMPAIGN_BUDGET}", "adsets": f"{fields},campaign_id,{AD_SET_BUDGET}"}
        whole, in_parts = STANDING_PAGES
        try:
            found = self._graph.edges(account_node(account_id), wanted, limit=whole)
        except TooMuchData:
            found = self._graph.edges(account_node(account_id), wanted, limit=in_parts)
        return [_node(row, currency) for row in (*found["campaigns"], *found["adsets"])]

    @property
    def wait(self) -> float:
        """Seconds for which the platform asked to be left alone."""
        return self._graph.wait

    def room_for_writes(self) -> int:
        return self._graph.room_for_writes()


def account_node(account_id: str) -> str:
    return f"act_{account_id.removeprefix('act_')}"


def _node(row: Mapping[str, Any], currency: str) -> Node:
    return Node(
        id=row["id"],
        name=row.get("name", row["id"]),
        status=row["effective_status"],
        campaign_id=row.get("campaign_id", ""),
        adset_id=row.get("adset_id", ""),
        audience=audience_text(row.get("targeting")),
        daily_budget=_budget(row, currency),
        fixed_budget=_lifetime(row, currency),
    )


def _budget(row: Mapping[str, Any], currency: str) -> int | None:
    """Absent or "0" where another level, or a lifetime budget, holds the money."""
    return from_meta(row["daily_budget"], currency) if int(row.get("daily_budget") or 0) > 0 else None


def _lifetime(row: Mapping[str, Any], currency: str) -> FixedBudget | None:
    """All of it counts as left where Meta does not say what is. Campaigns stop when the last of their ad sets ends."""
    if int(row.get("lifetime_budget") or 0) <= 0:
        return None
    left = from_meta(row.get("budget_remaining", row["lifetime_budget"]), currency)
    starts_at, ends_at = _time(row.get("start_time")), _time(row.get("end_time") or row.get("stop_time"))
    return FixedBudget(row["id"], left if ends_at else None, starts_at, ends_at)


def _time(text: str | None) -> datetime | None:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z") if text else None


def _held(minor: int, currency: str) -> Outcome | None:
    """The refusal of an amount that Meta cannot hold; None for one that it can."""
    try:
        to_meta(minor, currency)
    except ValueError as problem:
        return Outcome(Written.REFUSED, str(problem))
    return None
