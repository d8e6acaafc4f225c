"""The same seed and the same writes give the same state, over restarts too; a live market follows the clock."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stratum.sandbox import Sandbox, SandboxConfig
from stratum.sandbox.journal import OtherMarket
from stratum.sandbox.market import truth
from tests.sandbox.calls import Caller
from tests.sandbox.conftest import SMALL, Listener


def state(sandbox: Sandbox) -> dict:
    return {
        "truth": truth.report(sandbox.world),
        "budgets": {ad_set.id: (ad_set.daily_budget, ad_set.status) for ad_set in sandbox.world.ad_sets.values()},
        "records": {
            kind: {i: r.properties for i, r in held.items()} for kind, held in sandbox.world.crm.records.items()
        },
        "events": [event.body for event in sandbox.world.events],
    }


def meddle(sandbox: Sandbox) -> None:
    graph = Caller(sandbox.graph_url, sandbox.config.access_token)
    crm = Caller(sandbox.crm_url, sandbox.config.crm_token)
    ad_set = next(s for s in sandbox.world.ad_sets.values() if s.daily_budget)
    graph.post(f"/{ad_set.id}", {"daily_budget": 22200})
    sandbox.advance(hours=7)
    clicked = crm.post("/control/click", {"ad_id": next(iter(sandbox.world.ads))})[1]
    deal = crm.post("/control/lead", {"click_id": clicked["click_id"], "amount": 50})[1]["deal_id"]
    crm.patch(f"/crm/v3/objects/deals/{deal}", {"properties": {"amount": "60"}})
    crm.post("/crm/v3/objects/deals", {"properties": {"dealstage": "qualifiedtobuy"}})
    graph.post(f"/{next(iter(sandbox.world.ads))}", {"status": "PAUSED"})
    crm.post("/control/faults", {"name": "restate_down", "factor": 0.9})
    sandbox.advance(hours=5)


def test_a_restart_replays_to_the_same_state(tmp_path: Path) -> None:
    config = replace(SMALL, history_days=2, state_dir=str(tmp_path))
    with Sandbox(config).start() as first:
        meddle(first)
        before = state(first)
    with Sandbox(config).start() as second:
        assert state(second) == before
        second.advance(hours=6)
        later = state(second)
    with Sandbox(replace(config, state_dir=None)).start() as other:
        meddle(other)
        other.advance(hours=6)
        assert state(other) == later


def test_a_restart_does_not_send_again_what_arrived(tmp_path: Path, listener: Listener) -> None:
    config = replace(
        SMALL, history_days=2, state_dir=str(tmp_path), webhook_url=listener.url, ingest_url=listener.url, api_key="key",
        duplicate_share=0.0, delay_share=0.0,
    )  # fmt: skip
    with Sandbox(config).start() as sandbox:
        sandbox.advance(hours=3)
        sandbox.webhooks.flush()
        sandbox.touchpoints.flush()
    assert listener.received
    listener.received.clear()
    with Sandbox(config).start() as sandbox:
        sandbox.webhooks.flush()
        sandbox.touchpoints.flush()
        assert listener.received == []
        sandbox.advance(hours=3)
        sandbox.webhooks.flush()
        assert listener.received


def test_another_seed_needs_another_folder(tmp_path: Path) -> None:
    config = replace(SMALL, history_days=0, state_dir=str(tmp_path))
    Sandbox(config)
    with pytest.raises(OtherMarket):
        Sandbox(replace(config, seed=8))


def test_a_live_market_follows_a_fast_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    real = datetime.now(UTC)
    shown = real - timedelta(days=3)
    monkeypatch.setenv("STRATUM_CLOCK", f"{real.isoformat()}/{shown.isoformat()}/14400")
    with Sandbox(replace(SMALL, history_days=1, now=None, live=True)).start() as sandbox:
        first = sandbox.world.tick
        time.sleep(1.2)
        assert sandbox.world.tick >= first + 3
        assert timedelta(0) <= sandbox.now() - sandbox.world.edge < timedelta(hours=4)


def test_a_config_is_read_from_json(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.json"
    path.write_text(
        json.dumps({"seed": 3, "accounts": [{"external_id": "9", "currency": "EUR"}], "delivery_retry_seconds": [1, 2]})
    )
    config = SandboxConfig.load(path)
    assert (config.seed, config.accounts[0].currency, config.delivery_retry_seconds) == (3, "EUR", (1, 2))
    path.write_text('{"sede": 3}')
    with pytest.raises(TypeError, match="sede"):
        SandboxConfig.load(path)


def test_a_stopped_sandbox_answers_no_more() -> None:
    sandbox = Sandbox(replace(SMALL, history_days=0)).start()
    caller = Caller(sandbox.graph_url, sandbox.config.access_token)
    assert caller.get("/control/state")[0] == 200
    sandbox.stop()
    with pytest.raises(OSError):
        caller.get("/control/state")


def test_the_command_prints_its_addresses_and_leaves_on_a_signal(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.json"
    path.write_text('{"history_days": 0}')
    root = Path(__file__).parents[2]
    command = [sys.executable, "manage.py", "sandbox", "--config", str(path)]
    with subprocess.Popen(
        command, cwd=root, env={**os.environ, "DEBUG": "1"}, stdout=subprocess.PIPE, text=True
    ) as running:
        addresses = dict(running.stdout.readline().split() for _ in range(2))
        assert Caller(addresses["graph"], "").get("/control/state")[0] == 200
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=10) == 0
