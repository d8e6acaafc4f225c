"""The small parts, in this process."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stratum.core.clock import Replay, real_now
from stratum.embedded import replay
from stratum.embedded.children import Child
from stratum.embedded.keys import provide_keys
from stratum.embedded.log import Log
from stratum.embedded.places import CannotStart, read_json, write_private_json
from stratum.embedded.postgres import memory_settings
from stratum.embedded.processes import Living
from stratum.embedded.record import Record
from stratum.embedded.sandbox_file import provide_sandbox_file
from stratum.embedded.supervisor import RESTARTS, Supervisor
from stratum.sandbox.config import SandboxConfig
from tests.embedded.conftest import until


def test_a_program_that_keeps_dying_ends_the_run(capfd: pytest.CaptureFixture[str]) -> None:
    started: list[Child] = []
    supervisor = Supervisor(Log(), on_change=started.append)
    supervisor.add_program(Child("web", [sys.executable, "-S", "-c", "print('no luck')"]))
    with pytest.raises(CannotStart, match="web ended 6 times within 60 seconds"):
        supervisor.watch(lambda: None)
    assert len(started) == RESTARTS + 1
    assert "web     | no luck" in capfd.readouterr().out


def test_what_needs_others_stops_before_them(tmp_path: Path) -> None:
    supervisor = Supervisor(Log(), on_change=lambda child: None)
    server, web, worker = (
        Child(name, [sys.executable, "-S", "-c", LAST_WORD, name]) for name in ("postgres", "web", "worker")
    )
    for child in (server, web, worker):
        child.environment = {"DIARY": str(tmp_path / "diary")}
    server.spawn()
    supervisor.add_server(server, server.spawn)
    supervisor.add_program(web)
    supervisor.add_program(worker, stage=2)
    for child in (server, web, worker):
        assert child.output
        until(lambda child=child: child.output.read(1))
    supervisor.stop()
    assert (tmp_path / "diary").read_text().split() == ["worker", "web", "postgres"]


LAST_WORD = """
import os, signal, sys, time
def write(*_):
    open(os.environ["DIARY"], "a").write(sys.argv[1] + "\\n")
    sys.exit()
signal.signal(signal.SIGTERM, write)
print("up", flush=True)
time.sleep(60)
"""


def test_a_child_that_ignores_the_request_is_ended_when_patience_is_out() -> None:
    child = Child("web", [sys.executable, "-S", "-c", STUBBORN], patience=0.2)
    child.spawn()
    assert child.output
    child.output.readline()
    child.stop()
    assert child.how_it_ended() == "killed by SIGKILL"


STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"


def test_leftovers_of_a_killed_owner_are_stopped_and_strangers_are_not(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as left, subprocess.Popen(["sleep", "60"]) as stranger:
        children = {"web": Living.now(left.pid), "worker": Living(stranger.pid, "another birth")}
        record = Record(tmp_path / "runtime.json", Living(1, None), "make run", children=children)
        record.write()
        again = Record.read(record.path)
        assert again
        assert again.stop_leftovers() == ["web"]
        assert (left.wait(5), stranger.poll()) == (-signal.SIGTERM, None)
        assert not record.path.exists()
        stranger.kill()


def test_the_clock_goes_on_from_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = Replay.parse(replay.resume(tmp_path))
    assert abs(first.real_anchor - first.shown_anchor - timedelta(days=14)) < timedelta(seconds=1)
    monkeypatch.setenv(
        "STRATUM_CLOCK", f"{(real_now() - timedelta(minutes=1)).isoformat()}/2026-01-01T00:00:00+00:00/1440"
    )
    replay.remember(tmp_path)
    second, outside = Replay.parse(replay.resume(tmp_path)), Replay.parse(replay.frozen(tmp_path) or "")
    assert abs(second.shown_anchor - datetime(2026, 1, 2, tzinfo=UTC)) < timedelta(hours=1)
    assert (outside.shown_anchor, second.speed, outside.speed) == (second.shown_anchor, 360, 1)


def test_the_sandbox_keeps_its_ports_and_secrets_and_leaves_a_taken_port(tmp_path: Path) -> None:
    first = provide_sandbox_file(tmp_path, "http://127.0.0.1:8000")
    assert SandboxConfig.from_mapping(first).live
    again = provide_sandbox_file(tmp_path, "http://127.0.0.1:9000")
    assert again == first | {name: again[name] for name in ("webhook_url", "collect_url", "ingest_url")}
    assert again["webhook_url"] == "http://127.0.0.1:9000/webhooks/hubspot/"
    with socket.create_server(("127.0.0.1", first["crm_port"])):
        moved = provide_sandbox_file(tmp_path, "http://127.0.0.1:9000")
    assert moved["crm_port"] != first["crm_port"]
    assert moved | {"crm_port": 0} == again | {"crm_port": 0}


@pytest.mark.parametrize("debug, made", [("1", True), (None, True), ("0", False), ("false", False)])
def test_secrets_are_made_for_development_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, debug: str | None, made: bool
) -> None:
    for name in ("SECRET_KEY", "STRATUM_DATA_KEYS", "DEBUG"):
        monkeypatch.delenv(name, raising=False)
    if debug:
        monkeypatch.setenv("DEBUG", debug)
    provide_keys(tmp_path)
    assert bool(os.environ.get("SECRET_KEY")) is made
    assert os.environ.get("SECRET_KEY") == (read_json(tmp_path / "secrets.json") or {}).get("SECRET_KEY")


def test_a_file_that_was_damaged_is_named(tmp_path: Path) -> None:
    write_private_json(tmp_path / "x.json", {"a": 1})
    (tmp_path / "x.json").write_text("{")
    with pytest.raises(CannotStart, match=r"x\.json is not JSON"):
        read_json(tmp_path / "x.json")


def test_a_process_is_told_from_a_later_one_with_its_pid() -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        living = Living.now(process.pid)
        assert living.is_alive()
        assert not Living(process.pid, "another birth").is_alive()
        process.kill()
        time.sleep(0.1)
        assert not living.is_alive()


@pytest.mark.parametrize(
    ("megabytes", "own", "cached"),
    [
        (512, "128MB", "256MB"),
        (4_096, "512MB", "2048MB"),
        (24_096, "3012MB", "12048MB"),
        (131_072, "4096MB", "65536MB"),
    ],
)
def test_the_database_takes_its_part_of_the_machines_memory(megabytes: int, own: str, cached: str) -> None:
    assert memory_settings(megabytes << 20) == {"shared_buffers": own, "effective_cache_size": cached}
