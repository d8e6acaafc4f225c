"""Nodes and edges of the Graph API: what a path answers with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stratum.sandbox.graph import conversions, insights, nodes, quality, writes
from stratum.sandbox.graph.errors import GraphError, parameter, unknown_object
from stratum.sandbox.graph.fields import as_json, as_names, parse_fields, select
from stratum.sandbox.graph.insight_query import read_query
from stratum.sandbox.graph.oddities import refuse_too_much, spoilt
from stratum.sandbox.graph.paging import page
from stratum.sandbox.graph.reports import ReportRun
from stratum.sandbox.market import money
from stratum.sandbox.market.structure import Account, Ad
from stratum.sandbox.running import RunningMarket
from stratum.sandbox.web.messages import Reply, Request

CHILDREN = ("campaigns", "adsets", "ads", "adcreatives")
"""Edges that can also be expanded among the fields of what they hang on."""


class Edges:
    def __init__(self, sandbox: RunningMarket) -> None:
        self.sandbox, self.world = sandbox, sandbox.world
        self.runs: dict[str, ReportRun] = {}
        self.table: dict[tuple[str, str], Callable[[Request, str], Reply]] = {
            ("GET", "insights"): self.read_insights,
            ("POST", "insights"): self.start_report,
            ("POST", "events"): self.receive_events,
            ("GET", "minimum_budgets"): self.minimum_budgets,
            ("GET", "campaigns"): self.list_nodes,
            ("GET", "adsets"): self.list_nodes,
            ("GET", "ads"): self.list_nodes,
            ("GET", "adcreatives"): self.list_nodes,
            ("GET", "adaccounts"): self.list_accounts,
            ("GET", "adspixels"): self.list_pixels,
        }

    def edit(self, request: Request, node: str) -> Reply:
        edit = writes.checked_edit(self.world, node, request.params, self.sandbox.now())
        if edit is not None and len(edit) > 1:
            self.sandbox.perform("edit", edit)
        return Reply(200, {"success": True})

    def read_many(self, request: Request) -> Reply:
        """`?ids=1,2`: an object keyed by id."""
        ids = [part for part in str(request.params.get("ids") or "").split(",") if part]
        if not ids or len(ids) > 50:
            raise parameter("ids must name between 1 and 50 objects")
        root = request.path.rstrip("/")
        return Reply(200, {node: self.shown(node, request.params, f"{root}/{node}") for node in ids})

    def shown(self, node: str, params: dict[str, Any], path: str) -> dict[str, Any]:
        if node in self.runs:
            return self.runs[node].as_json()
        if node == "me":
            return {"id": "100200300400500", "name": "Sandbox system user"}
        return self._selected(self._whole(node), as_names(params.get("fields")), path)

    def _selected(self, whole: dict[str, Any], fields: str, path: str) -> dict[str, Any]:
        """The fields, and among them the edges that were expanded: each a page of its own, left out where it has no rows."""
        selection = parse_fields(fields)
        found = select(whole, selection)
        for edge in [name for name in selection if name in CHILDREN]:
            asked = selection[edge]
            params = {**asked.params, "fields": asked.inside}
            if rows := self._children(whole["id"], edge, params, path):
                found[edge] = self._page(rows, params, f"{path}/{edge}")
        return found

    def is_googles(self, node: str) -> bool:
        """Meta knows nothing of an account of Google's, nor of what is in it."""
        world = self.world
        owned = world.campaigns.get(node) or world.ad_sets.get(node) or world.ads.get(node)
        account = world.account_by_id.get(owned.account_id if owned else node.removeprefix("act_"))
        return account is not None and account.platform == "google"

    def _whole(self, node: str) -> dict[str, Any]:
        if self.is_googles(node):
            raise unknown_object(node)
        world, now = self.world, self.sandbox.now()
        account = world.account_by_id.get(node.removeprefix("act_"))
        if account is not None:
            return nodes.account_json(world, account, now)
        if node in world.campaigns:
            return nodes.campaign_json(world, world.campaigns[node], now)
        if node in world.ad_sets:
            return nodes.ad_set_json(world, world.ad_sets[node], now)
        if node in world.ads:
            return nodes.ad_json(world, world.ads[node], now)
        for ad in world.ads.values():
            if ad.creative.id == node:
                return nodes.creative_json(ad)
        raise unknown_object(node)

    def list_accounts(self, request: Request, node: str) -> Reply:
        fields, root, now = as_names(request.params.get("fields")), request.path.split("/me/")[0], self.sandbox.now()
        shown = (
            nodes.account_json(self.world, account, now)
            for account in self.world.accounts
            if account.platform == "meta"
        )
        return self._list([self._selected(one, fields, f"{root}/{one['id']}") for one in shown], request)

    def list_pixels(self, request: Request, node: str) -> Reply:
        account = self._account_of(node)
        return self._list([{"id": account.pixel_id, "name": f"{account.name} pixel"}], request)

    def list_nodes(self, request: Request, node: str) -> Reply:
        self._whole(node)
        path, _, edge = request.path.rstrip("/").rpartition("/")
        return self._list(self._children(node, edge, request.params, path), request)

    def _children(self, node: str, edge: str, params: dict[str, Any], path: str) -> list[dict[str, Any]]:
        """Of an account, a campaign or an ad set; deleted and archived ones are left out unless they are asked for."""
        world, now, own = self.world, self.sandbox.now(), node.removeprefix("act_")
        if edge == "campaigns":
            found = [nodes.campaign_json(world, c, now) for c in world.campaigns.values() if c.account_id == own]
        elif edge == "adsets":
            held = (s for s in world.ad_sets.values() if own in (s.account_id, s.campaign_id))
            found = [nodes.ad_set_json(world, s, now) for s in held]
        else:
            held = (ad for ad in world.ads.values() if own in (ad.account_id, ad.campaign_id, ad.adset_id, ad.id))
            found = [nodes.ad_json(world, ad, now) if edge == "ads" else nodes.creative_json(ad) for ad in held]
        fields, root = as_names(params.get("fields")), path.rpartition("/")[0]
        return [self._selected(one, fields, f"{root}/{one['id']}") for one in _filtered(found, params)]

    def _ads_under(self, node: str) -> list[Ad]:
        plain = node.removeprefix("act_")
        found = [ad for ad in self.world.ads.values() if plain in (ad.account_id, ad.campaign_id, ad.adset_id, ad.id)]
        if not found:
            raise unknown_object(node)
        return found

    def read_insights(self, request: Request, node: str) -> Reply:
        run = self.runs.get(node)
        if run is not None:
            if not run.finished():
                return Reply(200, {"data": []})
            return self._list(self._insight_rows(run.node_id, run.params), request)
        return self._list(self._insight_rows(node, request.params), request)

    def start_report(self, request: Request, node: str) -> Reply:
        account = self._account_of(node)
        params = {name: value for name, value in request.params.items() if name != "access_token"}
        read_query(params, _level(self.world, node), self.sandbox.now().astimezone(account.zone()).date())
        faults = self.sandbox.faults
        fails = "Job Failed" if faults.take("report_failed") else "Job Skipped" if faults.take("job_skipped") else ""
        run = ReportRun(
            str(6_000_000_000_001 + len(self.runs)), node, account.id, params, self.sandbox.config.async_seconds, fails
        )
        self.runs[run.id] = run
        return Reply(200, {"report_run_id": run.id})

    def _insight_rows(self, node: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        account, now = self._account_of(node), self.sandbox.now()
        query = read_query(params, _level(self.world, node), now.astimezone(account.zone()).date())
        return insights.rows(self.world, account, self._ads_under(node), query, now)

    def _account_of(self, node: str) -> Account:
        return self.world.account_by_id[self._ads_under(node)[0].account_id]

    def minimum_budgets(self, request: Request, node: str) -> Reply:
        self._ads_under(node)
        kinds = ("imp", "video_views", "low_freq", "high_freq")
        found = [
            {"currency": code} | {f"min_daily_budget_{kind}": money.minimum_daily_budget(code) for kind in kinds}
            for code in money.UNITS_PER_USD
        ]
        return self._list(found, request)

    def receive_events(self, request: Request, node: str) -> Reply:
        """All events of a request, or none."""
        if node not in {account.pixel_id for account in self.world.accounts}:
            raise unknown_object(node, "post")
        if self.sandbox.faults.take("capi_not_ready", server="graph", path=request.path):
            raise GraphError(21009)
        try:
            events = conversions.read_events(request.body)
            conversions.check_events(events, self.sandbox.now())
            refusal = self.sandbox.faults.take("refuse_event", server="graph", path=request.path)
            if refusal and any(event["event_name"] == refusal.event for event in events):
                raise parameter("Invalid parameter")
        except GraphError:
            self.sandbox.refused_conversions += 1
            raise
        self.sandbox.conversions += [{"pixel_id": node, **event} for event in events]
        return Reply(200, {"events_received": len(events), "messages": [], "fbtrace_id": "Asandbox"})

    def dataset_quality(self, request: Request) -> Reply:
        held = [one for one in self.sandbox.conversions if one["pixel_id"] == request.params.get("dataset_id")]
        return Reply(200, quality.dataset_quality(held))

    def _list(self, found: list[dict[str, Any]], request: Request) -> Reply:
        return Reply(200, self._page(found, request.params, request.path))

    def _page(self, found: list[dict[str, Any]], params: dict[str, Any], path: str) -> dict[str, Any]:
        refuse_too_much(self.sandbox.faults, params, path)
        empty = self.sandbox.faults.take("empty_page_with_after", server="graph", path=path) is not None
        return spoilt(self.sandbox.faults, page(found, params, f"{self.sandbox.graph_url}{path}", empty=empty), path)


def _level(world: Any, node: str) -> str:
    return (
        "campaign"
        if node in world.campaigns
        else "adset"
        if node in world.ad_sets
        else "ad"
        if node in world.ads
        else "account"
    )


def _filtered(found: list[dict[str, Any]], params: dict[str, Any]) -> list[dict[str, Any]]:
    """`effective_status` and the IN filter on it; without them, deleted and archived ones are left out."""
    wanted = set(as_json(params.get("effective_status") or "[]", "effective_status"))
    for condition in as_json(params.get("filtering") or "[]", "filtering"):
        if str(condition.get("field", "")).endswith("effective_status"):
            wanted |= set(condition.get("value") or [])
    return [
        one
        for one in found
        if (one.get("effective_status") in wanted if wanted else one.get("status") not in ("DELETED", "ARCHIVED"))
    ]
