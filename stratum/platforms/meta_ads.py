"""Meta's Marketing API: what an ad account holds, what its ads did, and their budgets. Money here is in ISO minor units."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.cache import cache

from stratum.platforms.account_days import AccountDays, InsightRow, differs
from stratum.platforms.conversion_kinds import chosen_kind
from stratum.platforms.findings import Findings
from stratum.platforms.http import Calling, Refused
from stratum.platforms.meta_batch import MOST_ITEMS, Outcome, Written, send_batch
from stratum.platforms.meta_errors import Stop, TooMuchData
from stratum.platforms.meta_graph import Graph
from stratum.platforms.meta_insights import (
    CAMPAIGN_FIELDS,
    FIELDS,
    FIGURES,
    insight_rows,
    number_of,
    parsed_rows,
    parsed_totals,
)
from stratum.platforms.meta_money import from_meta, to_meta
from stratum.platforms.meta_nodes import NO_ID, NO_PARENT, budget_of, nodes_of
from stratum.platforms.meta_pages import NO_CURSOR, NO_ROW, STANDS_STILL
from stratum.platforms.nodes import Node

MINIMUM_FIELDS = ("min_daily_budget_imp", "min_daily_budget_low_freq", "min_daily_budget_high_freq")
MINIMUM_SECONDS = 86_400
"""Asked for once a day: they change with Meta's terms, and Meta itself refuses what is below."""
STANDING_PAGES = (500, 100)
"""Rows a page of all budgets; the second where the first is too much data for Meta."""
BUDGET_FIELDS = "daily_budget,lifetime_budget,budget_remaining,start_time"
CAMPAIGN_BUDGET = f"{BUDGET_FIELDS},stop_time"
AD_SET_BUDGET = f"{BUDGET_FIELDS},end_time"


@dataclass(frozen=True)
class AccountFacts:
    currency: str
    timezone: str


@dataclass(frozen=True)
class Structure:
    """`is_whole`: nothing of the lists was left out, so that what is not in them is gone."""

    campaigns: list[Node]
    ad_sets: list[Node]
    ads: list[Node]
    is_whole: bool = True


class MetaAds:
    """One token's ad accounts. Reads are repeated patiently; writes never are. Use it in one thread."""

    overspend_factor = 1.25
    """A day may cost so many times its budget."""
    reporting_lag = timedelta(minutes=15)
    """How late figures may be."""

    def __init__(self, token: str, base_url: str | None = None, calls: Calling | None = None) -> None:
        self._graph = Graph(token, base_url or settings.META_GRAPH_URL, calls)

    @property
    def findings(self) -> Findings:
        """What of the answers so far could not be used."""
        return self._graph.findings

    def facts(self, account_id: str) -> AccountFacts:
        """The account's own currency and time zone."""
        node = account_node(account_id)
        account = self._graph.read(node, fields="currency,timezone_name")
        return AccountFacts(account["currency"], account.get("timezone_name") or "")

    def structure(self, account_id: str) -> Structure:
        """Every campaign, ad set and ad that is not archived or deleted."""
        node, currency = account_node(account_id), self.facts(account_id).currency

        def listed(edge: str, fields: str) -> list[Node]:
            rows = self._graph.pages(f"{node}/{edge}", fields=f"id,name,effective_status,{fields}")
            return nodes_of(rows, currency, self.findings)

        return Structure(
            campaigns=listed("campaigns", CAMPAIGN_BUDGET),
            ad_sets=listed("adsets", f"campaign_id,{AD_SET_BUDGET},targeting"),
            ads=listed("ads", "adset_id,creative{url_tags}"),
            is_whole=not self.findings.holds(STANDS_STILL, NO_CURSOR, NO_ROW, NO_ID, NO_PARENT),
        )

    def insights(self, account_id: str, since: date, until: date, *, kind: str = "") -> list[InsightRow]:
        """What each ad, deleted and archived ones too, did on each of the account's local days, `until` included."""
        rows = self._rows_at("ad", account_id, since, until)
        return parsed_rows(rows, kind or chosen_kind(rows), self.findings)

    def account_days(self, account_id: str, since: date, until: date, *, kind: str = "") -> AccountDays:
        """The same, with the platform's own totals of each day, and with those of campaigns where the ads' rows do not add up to them.

        `kind`: the action type to count; without it no results are.
        """
        whole = self._rows_at("account", account_id, since, until)
        ads = parsed_rows(self._rows_at("ad", account_id, since, until), kind, self.findings)
        account = parsed_totals(whole, kind, self.findings)
        campaigns = self._rows_at("campaign", account_id, since, until) if differs(ads, account) else []
        return AccountDays(ads, account, parsed_totals(campaigns, kind, self.findings))

    def conversion_kind(self, account_id: str, since: date, until: date) -> str:
        """The kind of result to count in an account; empty where it reports none that is known."""
        return chosen_kind(self._rows_at("account", account_id, since, until))

    def _rows_at(self, level: str, account_id: str, since: date, until: date) -> list[Mapping[str, Any]]:
        fields = {"ad": FIELDS, "campaign": CAMPAIGN_FIELDS, "account": FIGURES}[level]
        return insight_rows(
            self._graph, f"{account_node(account_id)}/insights", since, until, level=level, fields=fields
        )

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
        return {node: budget_of(row, currency) for node, row in found.items()}

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
        return sum((number_of(row, "spend", self.findings) for row in rows), Decimal(0))

    def standing(self, account_id: str, *, currency: str) -> list[Node]:
        """Every campaign and ad set with the status and the budget that it has now: one call up to 500 of each."""
        fields = "id,name,effective_status"
        wanted = {"campaigns": f"{fields},{CAMPAIGN_BUDGET}", "adsets": f"{fields},campaign_id,{AD_SET_BUDGET}"}
        whole, in_parts = STANDING_PAGES
        try:
            found = self._graph.edges(account_node(account_id), wanted, limit=whole)
        except TooMuchData:
            found = self._graph.edges(account_node(account_id), wanted, limit=in_parts)
        return nodes_of((*found["campaigns"], *found["adsets"]), currency, self.findings)

    @property
    def wait(self) -> float:
        """Seconds for which the platform asked to be left alone."""
        return self._graph.wait

    def room_for_writes(self) -> int:
        return self._graph.room_for_writes()


def account_node(account_id: str) -> str:
    return f"act_{account_id.removeprefix('act_')}"


def _held(minor: int, currency: str) -> Outcome | None:
    """The refusal of an amount that Meta cannot hold; None for one that it can."""
    try:
        to_meta(minor, currency)
    except ValueError as problem:
        return Outcome(Written.REFUSED, str(problem))
    return None
