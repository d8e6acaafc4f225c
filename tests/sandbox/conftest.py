from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from stratum.sandbox import Sandbox, SandboxConfig
from tests.sandbox.calls import Caller

NOW = "2026-11-20T15:00:00+00:00"
SMALL = SandboxConfig(history_days=4, now=NOW, async_seconds=0.2, search_lag_seconds=0.0, search_per_second=1000)


@dataclass
class Listener:
    """A receiver on loopback that keeps what it was sent and answers with the statuses of a list, then with 200."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def events(self) -> list[dict[str, Any]]:
        return [event for _, raw in self.received for event in json.loads(raw)]


@pytest.fixture
def listener() -> Iterator[Listener]:
    kept = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["content-length"]))
            kept.received.append(({k.lower(): v for k, v in self.headers.items()}, raw))
            self.send_response(kept.statuses.pop(0) if kept.statuses else 200)
            self.end_headers()

        def log_message(self, *args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.url = f"http://127.0.0.1:{server.server_address[1]}/hooks/hubspot?tenant=1"
    threading.Thread(target=server.serve_forever, daemon=True, kwargs={"poll_interval": 0.02}).start()
    yield kept
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def shared() -> Iterator[Sandbox]:
    """One small market for tests that do not mind what the others did to it."""
    with Sandbox(SMALL).start() as sandbox:
        yield sandbox


@pytest.fixture
def fresh(listener: Listener) -> Iterator[Sandbox]:
    """A day's market that delivers to `listener`, without the history's burst and without natural noise."""
    config = replace(
        SMALL, history_days=1, webhook_url=listener.url, deliver_history=False, duplicate_share=0.0, delay_share=0.0,
        delay_seconds=0.2, delivery_retry_seconds=(0.05,) * 10,
    )  # fmt: skip
    with Sandbox(config).start() as sandbox:
        yield sandbox


@pytest.fixture
def graph(shared: Sandbox) -> Caller:
    return Caller(shared.graph_url, shared.config.access_token)


@pytest.fixture
def crm(shared: Sandbox) -> Caller:
    return Caller(shared.crm_url, shared.config.crm_token)


@pytest.fixture(autouse=True)
def _no_faults(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "shared" in request.fixturenames:
        request.getfixturevalue("shared").faults.clear()
