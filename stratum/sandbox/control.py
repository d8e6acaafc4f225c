"""The knobs behind /control/: time, truth, faults, one person's click, one deal's fate."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from stratum.sandbox.faults import UnknownFault
from stratum.sandbox.graph.conversions import counted
from stratum.sandbox.market import truth
from stratum.sandbox.market.acts import NoSuchThing
from stratum.sandbox.running import RunningMarket
from stratum.sandbox.web.messages import Reply, Request
from stratum.sandbox.web.router import Router


class Control:
    def __init__(self, sandbox: RunningMarket) -> None:
        self.sandbox = sandbox
        self.router = Router()
        for method, path, handler in (
            ("POST", "/control/advance", self.advance),
            ("GET", "/control/truth", self.truth),
            ("GET", "/control/state", self.state),
            ("GET", "/control/log", self.log),
            ("GET", "/control/edits", self.edits),
            ("GET", "/control/faults", self.list_faults),
            ("POST", "/control/faults", self.add_fault),
            ("DELETE", "/control/faults", self.clear_faults),
            ("POST", "/control/runaway", self.act("runaway")),
            ("POST", "/control/share", self.act("share")),
            ("POST", "/control/aim", self.act("aim")),
            ("POST", "/control/present", self.act("present")),
            ("POST", "/control/click", self.act("click")),
            ("POST", "/control/lead", self.act("lead")),
            ("POST", "/control/deal", self.act("deal")),
            ("POST", "/control/stage", self.act("stage")),
            ("POST", "/control/crowd", self.act("crowd")),
            ("POST", "/control/relink", self.act("relink")),
            ("POST", "/control/deliver/flush", self.flush),
            ("GET", "/control/deliveries", self.deliveries),
            ("GET", "/control/conversions", self.conversions),
        ):
            self.router.add(method, path, handler)

    def answer(self, request: Request) -> Reply:
        handler = self.router.find(request)
        if handler is None:
            return Reply(404, {"error": f"no control {request.method} {request.path}"})
        try:
            return handler(request)
        except (NoSuchThing, UnknownFault, ValueError, KeyError, TypeError) as error:
            return Reply(400, {"error": f"{type(error).__name__}: {error}"})

    def advance(self, request: Request) -> Reply:
        now = self.sandbox.advance(hours=float(_given(request)["hours"]))
        return Reply(200, {"now": now.isoformat(), "tick": self.sandbox.world.tick})

    def truth(self, request: Request) -> Reply:
        with self.sandbox.lock:
            return Reply(200, {"now": self.sandbox.now().isoformat(), **truth.report(self.sandbox.world)})

    def state(self, request: Request) -> Reply:
        with self.sandbox.lock:
            return Reply(200, self._state())

    def _state(self) -> dict[str, Any]:
        sandbox, world = self.sandbox, self.sandbox.world
        sender = sandbox.touchpoints
        accounts = [
            {
                "id": account.id,
                "currency": account.currency,
                "timezone": account.timezone,
                "pixel_id": account.pixel_id,
                "campaigns": [
                    {"id": c.id, "daily_budget": c.daily_budget, "status": c.status} for c in account.campaigns
                ],
                "ad_sets": [
                    {"id": s.id, "campaign_id": s.campaign_id, "daily_budget": s.daily_budget, "status": s.status}
                    for s in account.ad_sets
                ],
                "ads": [
                    {"id": ad.id, "adset_id": ad.adset_id, "campaign_id": ad.campaign_id, "status": ad.status}
                    for ad in account.ads
                ],
            }
            for account in world.accounts
        ]
        return {
            "now": sandbox.now().isoformat(),
            "opened_at": world.opened_at.isoformat(),
            "tick": world.tick,
            "graph_url": sandbox.graph_url,
            "crm_url": sandbox.crm_url,
            "accounts": accounts,
            "records": {kind: len(held) for kind, held in world.crm.records.items()},
            "clicks": len(world.clicks),
            "events": len(world.events),
            "deliveries": sandbox.webhooks.counts(),
            "touchpoints": {
                "sent": sender.sent, "pending": sender.pending(), "failed": sender.failed, "last_error": sender.last_error,
            },
        }  # fmt: skip

    def log(self, request: Request) -> Reply:
        entries = self.sandbox.log.since(int(request.query.get("since", 0)))
        return Reply(
            200, {"entries": [asdict(entry) for entry in entries], "last": entries[-1].sequence if entries else None}
        )

    def edits(self, request: Request) -> Reply:
        """Every budget and status that was set, in order: what took effect, whatever the caller was told."""
        since = int(request.query.get("since", 0))
        with self.sandbox.lock:
            found = [asdict(edit) | {"at": edit.at.isoformat()} for edit in self.sandbox.world.edits[since:]]
        return Reply(200, {"edits": found})

    def list_faults(self, request: Request) -> Reply:
        return Reply(200, {"faults": self.sandbox.faults.listed()})

    def add_fault(self, request: Request) -> Reply:
        """Two of them are done at once: the platform restates downwards; a person changes a budget behind our back."""
        given = dict(_given(request))
        name = given.pop("name")
        if name == "restate_down":
            return Reply(200, self.sandbox.perform("restate", given))
        if name == "budget_changed_by_human":
            node = str(given.get("adset_id") or given["id"])
            edit = {"id": node, "daily_budget": int(given["daily_budget"]), "by": "person"}
            return Reply(200, self.sandbox.perform("edit", edit))
        return Reply(200, asdict(self.sandbox.faults.add(name, **given)))

    def clear_faults(self, request: Request) -> Reply:
        self.sandbox.faults.clear()
        return Reply(200, {"faults": []})

    def act(self, kind: str) -> Any:
        def perform(request: Request) -> Reply:
            return Reply(200, self.sandbox.perform(kind, _given(request)))

        return perform

    def flush(self, request: Request) -> Reply:
        seconds = float(_given(request).get("seconds", 30))
        counts = self.sandbox.webhooks.flush(seconds)
        return Reply(200, {"deliveries": counts, "touchpoints_sent": self.sandbox.touchpoints.flush(seconds)})

    def deliveries(self, request: Request) -> Reply:
        since = int(request.query.get("since", 0))
        found = [asdict(d) for d in list(self.sandbox.webhooks.deliveries.values()) if d.id > since]
        return Reply(200, {"deliveries": found})

    def conversions(self, request: Request) -> Reply:
        """What took effect on each platform, and how Meta counts it: a repeat of a name and id within 48 hours counts once."""
        with self.sandbox.lock:
            counts = counted(self.sandbox.conversions) | {"refused": self.sandbox.refused_conversions}
            return Reply(200, {"events": self.sandbox.conversions, "google": self.sandbox.ingested, "counts": counts})


def _given(request: Request) -> dict[str, Any]:
    return request.body if isinstance(request.body, dict) else {}
