"""The product as `make run` starts it for real platforms, in a state folder of its own, to be killed piece by piece."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psycopg

from stratum.embedded import programs
from stratum.embedded.children import Child, free_port
from stratum.embedded.log import Log
from stratum.embedded.places import ROOT
from stratum.embedded.servers import SERVERS, Server, start_servers
from stratum.embedded.supervisor import Supervisor

CONNECT = """
import django; django.setup()
from attribution.actions.crm.connect_crm import connect_crm
from stratum.core.actions.make_workspace import make_workspace
from stratum.core.tenancy import in_workspace
workspace = make_workspace(name="Acme")
with in_workspace(workspace):
    connect_crm(workspace, portal_id=33, access_token="token", client_secret="secret", actor="test")
"""
Answer = TypeVar("Answer")


class Told(Exception):
    """The story is over, and the watch with it."""


@dataclass
class Processes:
    supervisor: Supervisor
    servers: dict[str, Server]
    port: int

    def while_supervised(self, story: Callable[[], Answer]) -> Answer:
        """Runs the story in a thread; this one, which the children take for their parent, revives those that die."""

        with ThreadPoolExecutor(1) as pool:
            telling = pool.submit(story)

            def look() -> None:
                if telling.done():
                    raise Told

            with suppress(Told):
                self.supervisor.watch(look)
            return telling.result()

    def kill(self, name: str) -> None:
        """kill -9 of the process and of everything it started."""
        child = self._child(name)
        assert child.pid and child.is_alive()
        # PostgreSQL's processes lead groups of their own.
        others = (
            self.sql("SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()") if name == "postgres" else []
        )
        os.killpg(child.pid, signal.SIGKILL)
        for (pid,) in others:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def restarts(self, name: str) -> int:
        return sum(len(watched.restarts) for watched in self._watched if watched.child.name == name)

    def sql(self, statement: str, *values: Any) -> list[tuple]:
        with psycopg.connect(self.servers["DATABASE_URL"].url, autocommit=True, connect_timeout=5) as connection:
            return connection.execute(statement, values).fetchall()

    def one(self, statement: str, *values: Any) -> Any:
        return self.sql(statement, *values)[0][0]

    def _child(self, name: str) -> Child:
        return next(watched.child for watched in self._watched if watched.child.name == name)

    @property
    def _watched(self) -> list:
        return [*self.supervisor.servers, *self.supervisor.programs]


@contextmanager
def running_processes(environment: Callable[[str, str], None]) -> Iterator[Processes]:
    """Durable servers, web, worker and beat. `environment` sets a variable for as long as the test lasts."""
    folder = Path(tempfile.mkdtemp(prefix="stratum-killed-"))
    folder.chmod(0o711)  # PostgreSQL may run as `nobody`, who has to walk through
    environment("STRATUM_STATE_DIR", str(folder))
    supervisor = Supervisor(Log(), on_change=lambda child: None)
    servers: dict[str, Server] = {}
    try:
        servers.update(start_servers(folder, list(SERVERS)))
        for variable, server in servers.items():
            environment(variable, server.url)
            supervisor.add_server(server.child, server.revive)
        port = _start_programs(supervisor, folder)
        yield Processes(supervisor, servers, port)
    finally:
        supervisor.stop()
        for place in {folder, *(server.folder for server in servers.values())}:
            shutil.rmtree(place, ignore_errors=True)


def _start_programs(supervisor: Supervisor, folder: Path) -> int:
    port, ready_file = free_port(), folder / "ready"
    supervisor.add_program(programs.web(port, ready_file))
    _run("-m", "stratum.embedded.prepare")
    _run("-c", CONNECT)
    ready_file.touch()
    supervisor.add_program(programs.worker())
    supervisor.add_program(programs.beat())
    return port


def _run(*words: str) -> None:
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "stratum.settings"}
    done = subprocess.run(
        [sys.executable, *words], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
    assert not done.returncode, done.stdout + done.stderr
