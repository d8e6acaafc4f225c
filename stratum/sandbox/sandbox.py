"""A market with known truth behind two HTTP servers in one process."""

from __future__ import annotations

import re
import threading
import time

from stratum.core import clock
from stratum.sandbox.config import SandboxConfig
from stratum.sandbox.control import Control
from stratum.sandbox.crm.server import CrmServer
from stratum.sandbox.google.server import GoogleServer
from stratum.sandbox.graph.server import GraphServer
from stratum.sandbox.market.market import HOUR
from stratum.sandbox.running import RunningMarket
from stratum.sandbox.web.front import Front
from stratum.sandbox.web.messages import Reply, Request
from stratum.sandbox.web.server import LoopbackServer

LOOK_SECONDS = 0.25
GOOGLES = re.compile(r"/(v\d+/|token$)")


class Sandbox(RunningMarket):
    """`with Sandbox(config).start() as sandbox:` simulates the history, then serves until the block ends."""

    def __init__(self, config: SandboxConfig | None = None) -> None:
        super().__init__(config or SandboxConfig())
        self._stopping = threading.Event()
        self._ticker = threading.Thread(target=self._follow_clock, daemon=True, name="market")
        control = Control(self)
        graph, crm, google = GraphServer(self), CrmServer(self), GoogleServer(self)

        def ads(request: Request) -> Reply:
            """Meta and Google share an address; Google's versions have no dot, and its token has a path of its own."""
            return (google if GOOGLES.match(request.path) else graph).answer(request)

        self._graph = LoopbackServer(self.config.graph_port, "graph", Front(self, control, ads).answer)
        self._crm = LoopbackServer(self.config.crm_port, "crm", Front(self, control, crm.answer).answer)
        self.graph_url, self.crm_url = self._graph.url, self._crm.url

    def start(self) -> Sandbox:
        self.replay()
        self.send_history()
        self.world.crm.replaying = False
        self._graph.start()
        self._crm.start()
        self.webhooks.start()
        self.touchpoints.start()
        self.own_channels.start()
        if self.config.live:
            self._ticker.start()
        return self

    def stop(self) -> None:
        """Closes both ports, stops sending and writes the marks."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        if self._ticker.is_alive():
            self._ticker.join(timeout=10)
        self._graph.stop()
        self._crm.stop()
        self.webhooks.stop()
        self.touchpoints.stop()
        self.own_channels.stop()
        self.keep_marks()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _follow_clock(self) -> None:
        kept_at = time.monotonic()
        while not self._stopping.wait(LOOK_SECONDS):
            while clock.now() >= self.world.edge + HOUR and not self._stopping.is_set():
                with self.lock:
                    self.world.run_tick()
                    self.tell()
            if time.monotonic() - kept_at > 2:
                kept_at = time.monotonic()
                self.keep_marks()
