"""The market in time: its clock, its acts, its journal, and what it sends out."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

from stratum.core import clock
from stratum.sandbox.config import SandboxConfig
from stratum.sandbox.faults import Faults
from stratum.sandbox.journal import Journal
from stratum.sandbox.market.acts import ACTS
from stratum.sandbox.market.world import World
from stratum.sandbox.outbox.touchpoints import TouchpointSender
from stratum.sandbox.outbox.webhooks import WebhookSender
from stratum.sandbox.web.log import RequestLog

IMMEDIATE_ACTS = frozenset({"deal", "lead", "click", "crowd", "relink", "create_record", "update_record"})


class RunningMarket:
    """The market in time, with everything that the servers in front of it share."""

    def __init__(self, config: SandboxConfig) -> None:
        self.config = config
        self.lock = threading.RLock()
        self.faults = Faults(self.config.seed)
        self.log = RequestLog()
        self.conversions: list[dict[str, Any]] = []
        self.refused_conversions = 0
        self.ingested: list[dict[str, Any]] = []
        self.journal = Journal(self.config.state_dir)
        first = datetime.fromisoformat(self.config.now) if self.config.now else clock.now()
        first = first.replace(minute=0, second=0, microsecond=0) - timedelta(days=self.config.history_days)
        opened_at, self._past = self.journal.opened(self.config, first)
        self.world = World(self.config, opened_at)
        marks = self.journal.marks()
        self._resume_at = marks.get("tick", 0)
        self.webhooks = WebhookSender(self.config, self.faults, marks.get("events", 0))
        self.touchpoints = TouchpointSender(self.config, marks.get("clicks", 0))
        self.own_channels = TouchpointSender(self.config, marks.get("touches", 0))
        self._acts = 0
        self._told_events = self._told_clicks = self._told_touches = 0
        self.graph_url = self.crm_url = ""

    def now(self) -> datetime:
        """Simulated time: the clock when live, otherwise the end of the last simulated hour."""
        edge = self.world.edge
        return max(edge, clock.now()) if self.config.live else edge

    def advance(self, *, hours: float) -> datetime:
        """Simulates further hours (whole ones) and returns the new simulated time."""
        for _ in range(round(hours)):
            with self.lock:
                self.world.run_tick()
                self.tell()
        self.keep_marks()
        return self.now()

    def perform(self, kind: str, given: dict[str, Any]) -> dict[str, Any]:
        """Does an act now, journals it, and lets its webhooks go out at once."""
        with self.lock:
            self._acts += 1
            at, arguments = self.now(), {**given, "n": self._acts}
            done = ACTS[kind](self.world, at, arguments)
            self.journal.record({"tick": self.world.tick, "at": at.isoformat(), "kind": kind, "given": arguments})
            if kind in IMMEDIATE_ACTS:
                self.webhooks.add_now(self.world.events[self._told_events :])
                self._told_events = len(self.world.events)
                self.touchpoints.add_live(self.world.clicks[self._told_clicks :])
                self._told_clicks = len(self.world.clicks)
            return done

    def replay(self) -> None:
        """The history of a new market, or everything up to where an earlier run stopped."""
        until = max(self.config.history_days * 24, self._resume_at, *(act["tick"] for act in self._past), 0)
        acts = iter(self._past)
        act = next(acts, None)
        while True:
            while act is not None and act["tick"] <= self.world.tick:
                ACTS[act["kind"]](self.world, datetime.fromisoformat(act["at"]), act["given"])
                self._acts = act["given"]["n"]
                act = next(acts, None)
            if self.world.tick >= until:
                return
            self.world.run_tick()

    def send_history(self) -> None:
        events, world = self.world.events, self.world
        fresh = events[self.webhooks.sent_up_to() :]
        if self.config.deliver_history or self._resume_at:
            self.webhooks.add_burst(fresh)
        else:
            self.webhooks.skip(events)
        self.touchpoints.add_bulk(world.clicks)
        self._tell_touches()
        self._told_events, self._told_clicks = len(events), len(world.clicks)

    def tell(self) -> None:
        self.webhooks.add_live(self.world.events[self._told_events :])
        self.touchpoints.add_live(self.world.clicks[self._told_clicks :])
        self._told_events, self._told_clicks = len(self.world.events), len(self.world.clicks)
        self._tell_touches()

    def _tell_touches(self) -> None:
        self.own_channels.add_bulk(self.world.touches[self._told_touches :])
        self._told_touches = len(self.world.touches)

    def keep_marks(self) -> None:
        marks = {"tick": self.world.tick, "events": self.webhooks.sent_up_to(), "clicks": self.touchpoints.sent_up_to}
        marks |= {"touches": self.own_channels.sent_up_to}
        self.journal.keep_marks(marks)
