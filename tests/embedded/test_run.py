"""One `make run` from its start to its violent end, with every process for real."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from stratum.embedded.processes import LINUX
from tests.embedded.conftest import Checkout, until

REDIS_PING = "import redis; print(redis.Redis.from_url(os.environ['REDIS_URL']).ping())"


@pytest.fixture(scope="module")
def running(checkout: Checkout) -> Iterator[subprocess.Popen[bytes]]:
    run = checkout.start()
    yield run
    if run.poll() is None:
        run.send_signal(signal.SIGINT)
        run.wait(30)


def test_it_prints_its_address_and_the_page_answers(checkout: Checkout, running: subprocess.Popen[bytes]) -> None:
    assert f"Stratum is at http://127.0.0.1:{checkout.port}" in checkout.log.read_text()
    assert urllib.request.urlopen(f"http://127.0.0.1:{checkout.port}/healthz", timeout=5).status == 200


def test_a_second_start_is_refused_in_one_line(checkout: Checkout, running: subprocess.Popen[bytes]) -> None:
    second = checkout.run()
    assert second.returncode == 1
    assert second.stderr == f"stratum: already running at http://127.0.0.1:{checkout.port}, pid {running.pid}\n"


def test_another_command_uses_its_servers_and_its_secrets(checkout: Checkout, running: subprocess.Popen[bytes]) -> None:
    done = checkout.command("print(URL, os.environ['SECRET_KEY'], os.environ['PUBLIC_URL'])")
    key = checkout.json("secrets.json")["SECRET_KEY"]
    assert done.stdout.split() == [
        checkout.record.environment["DATABASE_URL"],
        key,
        f"http://127.0.0.1:{checkout.port}",
    ]


def test_what_it_writes_down_is_private(checkout: Checkout, running: subprocess.Popen[bytes]) -> None:
    private = [
        checkout.state / name for name in ("runtime.json", "secrets.json", "postgres/password", "valkey/password")
    ]
    assert [oct(path.stat().st_mode & 0o777) for path in private] == ["0o600"] * len(private)


def test_a_row_is_written_before_the_deaths(checkout: Checkout, running: subprocess.Popen[bytes]) -> None:
    assert checkout.sql("create table kept as select 7 as n; select n from kept") == "(7,)"


@pytest.mark.parametrize("name", ["web", "worker", "beat", "valkey", "postgres"])
def test_a_child_that_is_killed_is_started_again(
    checkout: Checkout, running: subprocess.Popen[bytes], name: str
) -> None:
    before = checkout.record
    os.kill(before.children[name].pid, signal.SIGKILL)
    assert until(lambda: checkout.record.children[name] != before.children[name])
    assert f"{name} ended (killed by SIGKILL): starting it again" in checkout.log.read_text()
    assert checkout.record.environment == before.environment


def test_rows_messages_and_pages_are_there_after_the_deaths(
    checkout: Checkout, running: subprocess.Popen[bytes]
) -> None:
    assert checkout.sql("select n from kept") == "(7,)"
    assert checkout.command(REDIS_PING).stdout == "True\n"
    assert until(lambda: _page_answers(checkout))


@pytest.mark.skipif(not LINUX, reason="other systems stop what is left at the next start")
def test_killing_the_supervisor_leaves_no_process(checkout: Checkout, running: subprocess.Popen[bytes]) -> None:
    children = checkout.record.children
    assert until(lambda: all(child.is_alive() for child in children.values()))
    running.kill()
    running.wait()
    assert until(lambda: not any(child.is_alive() for child in children.values()), 15), children
    assert _processes_of(checkout) == []


def test_after_that_the_next_command_starts_servers_of_its_own_with_the_same_rows(checkout: Checkout) -> None:
    assert checkout.sql("select n from kept") == "(7,)"
    assert not (checkout.state / "runtime.json").exists()


def _page_answers(checkout: Checkout) -> bool:
    try:
        return urllib.request.urlopen(f"http://127.0.0.1:{checkout.port}/healthz", timeout=5).status == 200
    except OSError:
        return False


def _processes_of(checkout: Checkout) -> list[str]:
    """Every process that was started with this state folder in its environment."""
    marker, found = f"STRATUM_STATE_DIR={checkout.state}".encode(), []
    for folder in os.scandir("/proc") if sys.platform == "linux" else ():
        try:
            if folder.name.isdigit() and marker in Path(f"{folder.path}/environ").read_bytes():
                found.append(folder.name)
        except OSError:
            continue
    return found
