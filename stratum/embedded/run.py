"""`make run`: the servers, the database, the demo, the programs; one log; Ctrl-C stops everything."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from stratum.embedded import programs, replay
from stratum.embedded.children import is_free
from stratum.embedded.given import CHECKS
from stratum.embedded.keys import provide_keys
from stratum.embedded.log import Log
from stratum.embedded.places import CannotStart, read_json, state_folder
from stratum.embedded.processes import Living, Lock
from stratum.embedded.record import Record
from stratum.embedded.runtime import let_guests_finish, owner_lock, read_env_file, record_path
from stratum.embedded.sandbox_file import environment_of, provide_sandbox_file
from stratum.embedded.servers import SERVERS, missing, start_servers
from stratum.embedded.supervisor import Supervisor

START_SECONDS = 300.0
PLATFORMS = ("META_GRAPH_URL", "GOOGLE_ADS_URL", "GOOGLE_DATA_MANAGER_URL", "GOOGLE_TOKEN_URL", "HUBSPOT_API_URL")

GUESTS_SECONDS = 10.0
"""So long a command that uses the servers may go on when everything is to stop."""


class Run:
    def __init__(self, state: Path, port: int) -> None:
        self.state = state
        self.port = port
        self.address = f"http://127.0.0.1:{port}"
        self.log = Log()
        self.record = Record(record_path(state), Living.now(os.getpid()), "make run", self.address)
        self.supervisor = Supervisor(self.log, on_change=self.record.note)
        self.ready_file = state / "ready"
        self.sandbox_file = state / "sandbox.json"
        # With the real platforms there is nothing to simulate, and no demo to show.
        self.simulated = not (os.environ.get("META_GRAPH_URL") and os.environ.get("HUBSPOT_API_URL"))

    def start(self) -> None:
        """Returns when the first page answers, or when somebody asked to stop."""
        self.ready_file.unlink(missing_ok=True)
        self._start_servers()
        self._provide_environment()
        if self.simulated:
            self.supervisor.add_program(programs.sandbox(self.sandbox_file))
        self.supervisor.add_program(programs.web(self.port, self.ready_file))
        self._set_up()
        if not self.supervisor.stopping:
            self.ready_file.touch()
            self.supervisor.add_program(programs.worker(), stage=2)
            self.supervisor.add_program(programs.beat(), stage=2)
            self._wait_for(self._page_answers, "the first page did not answer")

    def keep_running(self) -> None:
        self.supervisor.watch(self._remember_clock)

    def stop(self) -> None:
        self.log.say("stopping")
        # Whoever comes from now on waits for servers of its own instead of joining these.
        self.record.environment = {}
        self.record.write()
        let_guests_finish(self.state, seconds=GUESTS_SECONDS)
        self.supervisor.stop()
        self._remember_clock()
        self.ready_file.unlink(missing_ok=True)
        self.record.remove()
        self.log.say("stopped")

    def _start_servers(self) -> None:
        variables = missing()
        for variable, server in start_servers(self.state, variables).items():
            os.environ[variable] = server.url
            self.supervisor.add_server(server.child, server.revive)
        started = ", ".join(SERVERS[variable].name for variable in variables)
        self.log.say(f"servers ready: {started or 'the given ones'}")

    def _provide_environment(self) -> None:
        provide_keys(self.state)
        os.environ.setdefault("PUBLIC_URL", self.address)
        if self.simulated:
            content = provide_sandbox_file(self.state, self.address)
            for name, value in environment_of(content).items():
                os.environ.setdefault(name, value)
            os.environ.setdefault("STRATUM_CLOCK", replay.resume(self.state))
        shared = (*SERVERS, "DEBUG", "PUBLIC_URL", *PLATFORMS, "STRATUM_CLOCK")
        self.record.environment = {name: os.environ[name] for name in shared if name in os.environ}
        self.record.write()

    def _set_up(self) -> None:
        child = programs.setup(self.sandbox_file if self.simulated else None)
        child.spawn()
        self.log.attach(child.name, child.output)
        try:
            self._wait_for(lambda: not child.is_alive(), "setting up the database did not end")
            self.log.pump(0.05)
        finally:
            child.stop()
        if child.process and child.process.returncode and not self.supervisor.stopping:
            raise CannotStart(f"setting up the database failed ({child.how_it_ended()}): the lines above say why")

    def _wait_for(self, done: Callable[[], bool], otherwise: str) -> None:
        until = time.monotonic() + START_SECONDS
        while not done() and not self.supervisor.stopping:
            self.log.pump(0.05)
            self.supervisor.watch_the_start()
            if time.monotonic() > until:
                raise CannotStart(f"{otherwise} within {START_SECONDS:.0f} seconds")

    def _page_answers(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def _remember_clock(self) -> None:
        if self.simulated and os.environ.get("STRATUM_CLOCK"):
            replay.remember(self.state)

    def welcome(self, seconds: float) -> str:
        demo = read_json(self.state / "demo.json") if self.simulated else None
        lines = [f"Stratum is at {self.address} (started in {seconds:.1f} s)"]
        lines += [f"sign in as {demo['email']} with the password {demo['password']}"] if demo else []
        lines += ["Ctrl-C stops everything"]
        width = max(map(len, lines))
        return "\n".join(["", "=" * width, *lines, "=" * width, ""])


def port_from_environment() -> int:
    text = os.environ.get("PORT") or "8000"
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise CannotStart(f"PORT={text} is not a port: give a number from 1 to 65535")
    return int(text)


def claim(state: Path, port: int) -> Lock:
    """The right to run this checkout on this port; CannotStart when either is taken. Ends what a killed run left behind."""
    lock, record = owner_lock(state), Record.read(record_path(state))
    if not lock.take():
        known = record and record.is_alive
        raise CannotStart(record.describe() if known else "already starting or stopping: try again in a moment")
    if record:
        record.stop_leftovers()
    if not is_free(port):
        raise CannotStart(f"port {port} is taken: choose another, for example PORT={port + 1} make run")
    return lock


def check_given_servers() -> None:
    for variable in SERVERS:
        if os.environ.get(variable):
            CHECKS[variable](os.environ[variable])


def main() -> int:
    began, run, refusal = time.monotonic(), None, None
    try:
        read_env_file()
        state, port = state_folder(), port_from_environment()
        lock = claim(state, port)  # noqa: F841  (held by being referred to)
        check_given_servers()
        run = Run(state, port)
        run.supervisor.listen_for_signals()
        run.start()
        if not run.supervisor.stopping:
            print(run.welcome(time.monotonic() - began), flush=True)  # noqa: T201
        run.keep_running()
    except CannotStart as problem:
        refusal = problem
    finally:
        if run:
            run.stop()
    if refusal:
        print(f"stratum: {refusal}", file=sys.stderr)  # noqa: T201
    return 1 if refusal else 0


if __name__ == "__main__":
    sys.exit(main())
