from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stratum.embedded.children import free_port
from stratum.embedded.places import ROOT
from stratum.embedded.record import Record

NOT_INHERITED = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "STRATUM_DATA_KEYS", "DEBUG", "STRATUM_CLOCK")


def until(true: Callable[[], object], seconds: float = 30.0) -> bool:
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.05)
    return bool(true())


class Checkout:
    """A checkout's state folder, and the commands that people give there."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.port = free_port()
        self.log = state / "log"

    def environment(self, **more: str) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
        return inherited | {"STRATUM_STATE_DIR": str(self.state), "PORT": str(self.port)} | more

    def start(self) -> subprocess.Popen[bytes]:
        """`make run` for real platforms: no sandbox, no demo."""
        with self.log.open("wb") as log:
            command = [sys.executable, "-m", "stratum.embedded.run"]
            run = subprocess.Popen(command, cwd=ROOT, env=self.environment(), stdout=log, stderr=subprocess.STDOUT)
        until(lambda: b"Ctrl-C stops everything" in self.log.read_bytes() or run.poll() is not None, 90)
        assert run.poll() is None, self.log.read_text()
        return run

    def run(self, **more: str) -> subprocess.CompletedProcess[str]:
        return self._python("-m", "stratum.embedded.run", **more)

    def command(self, code: str, **more: str) -> subprocess.CompletedProcess[str]:
        """What manage.py does before Django: finds or starts the servers, then runs `code`."""
        return self._python("-c", BEFORE_DJANGO + code, **more)

    def command_in_background(self, code: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", BEFORE_DJANGO + code]
        streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        return subprocess.Popen(command, cwd=ROOT, env=self.environment(), text=True, **streams)

    def sql(self, statement: str) -> str:
        done = self.command(LAST_ROW.format(statement))
        assert not done.returncode, done.stderr
        return done.stdout.strip()

    @property
    def record(self) -> Record:
        record = Record.read(self.state / "runtime.json")
        assert record
        return record

    def json(self, name: str) -> dict:
        return json.loads((self.state / name).read_text())

    def python(self, code: str) -> subprocess.CompletedProcess[str]:
        return self._python("-c", code)

    def _python(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, *words]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment(**more), capture_output=True, text=True, timeout=60
        )


BEFORE_DJANGO = """
import os, sys
from stratum.embedded.runtime import find_or_start
find_or_start("a test's command")
URL = os.environ["DATABASE_URL"]
"""


LAST_ROW = """
import psycopg
cursor = psycopg.connect(URL, autocommit=True).execute({!r})
while cursor.nextset():
    pass
print(cursor.fetchone())
"""


@pytest.fixture(scope="module")
def checkout() -> Iterator[Checkout]:
    with _checkout() as made:
        yield made


@pytest.fixture
def fresh() -> Iterator[Checkout]:
    """A checkout in which no command was given yet."""
    with _checkout() as made:
        yield made


@contextmanager
def _checkout() -> Iterator[Checkout]:
    # pytest's own temporary folders are closed to `nobody`, as whom root's PostgreSQL runs.
    state = Path(tempfile.mkdtemp(prefix="stratum-state-"))
    state.chmod(0o711)
    yield Checkout(state)
    left = Record.read(state / "runtime.json")
    if left and left.is_alive:
        os.kill(left.owner.pid, signal.SIGTERM)
        until(lambda: not left.is_alive)
    shutil.rmtree(state, ignore_errors=True)
