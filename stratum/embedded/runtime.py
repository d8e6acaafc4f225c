"""How a command finds its servers: the ones given, the ones of a running `make run`, or its own for as long as it lives."""

from __future__ import annotations

import atexit
import os
import sys
import time
from pathlib import Path

from stratum.embedded.keys import keys_are_kept, provide_keys
from stratum.embedded.places import ROOT, CannotStart, state_folder, state_path
from stratum.embedded.processes import Living, Lock
from stratum.embedded.record import Record
from stratum.embedded.replay import frozen
from stratum.embedded.servers import SERVERS, Server, missing, start_servers, stop_servers

STARTING_SECONDS = 60.0
_held: list[Lock] = []


def read_env_file() -> None:
    if (ROOT / ".env").exists():
        import environ  # a seventh of a second that most checkouts need not spend

        environ.Env.read_env(ROOT / ".env")


def record_path(state: Path) -> Path:
    return state / "runtime.json"


def owner_lock(state: Path) -> Lock:
    return Lock(state / "owner.lock")


def find_or_start(command: str) -> Lock | None:
    """Sets DATABASE_URL, REDIS_URL and the development secrets, before Django reads its settings.

    Returns a lock for whoever makes the tables of an embedded database, None where the database was given.
    """
    read_env_file()
    if missing():
        _join_or_start(state_folder(), command)
        return Lock(state_folder() / "tables.lock")
    record = Record.read(record_path(state_path()))
    if record and record.is_alive and all(os.environ[name] == record.environment.get(name) for name in SERVERS):
        _adopt(record)
    elif keys_are_kept(state_path()):
        provide_keys(state_path())
    return None


def _join_or_start(state: Path, command: str) -> None:
    lock, until = owner_lock(state), time.monotonic() + STARTING_SECONDS
    while not lock.take():
        if record := _join(state):
            return _adopt(record)
        if time.monotonic() > until:
            raise CannotStart(f"another process holds {lock.path} and gives no address: end it, or set DATABASE_URL")
        time.sleep(0.05)
    _held.append(lock)
    return _start_own(state, command)


def _start_own(state: Path, command: str) -> None:
    if left := Record.read(record_path(state)):
        left.stop_leftovers()
    provide_keys(state)
    record = Record(record_path(state), Living.now(os.getpid()), command)
    servers = start_servers(state, missing())
    for variable, server in servers.items():
        os.environ[variable] = record.environment[variable] = server.url
        record.children[server.name] = Living.now(server.child.pid or 0)
    if clock := frozen(state):
        record.environment["STRATUM_CLOCK"] = os.environ.setdefault("STRATUM_CLOCK", clock)
    record.write()
    atexit.register(_stop_own, os.getpid(), record, servers)


def _stop_own(owner: int, record: Record, servers: dict[str, Server]) -> None:
    if os.getpid() == owner:  # and not a copy of it that forked
        let_guests_finish(record.path.parent)
        record.remove()
        stop_servers(servers)


def _join(state: Path) -> Record | None:
    """The servers of another command, which then waits for this one. None while their owner starts or stops them.

    The place is taken before the record is read: an owner that found no guest may already have stopped what an older record names.
    """
    place = Lock(state / "guests.lock")
    if not place.take(shared=True):
        return None
    record = Record.read(record_path(state))
    if record is None or not record.is_alive or not all(record.environment.get(name) for name in missing()):
        place.release()
        return None
    _held.append(place)
    return record


def let_guests_finish(state: Path, *, seconds: float = float("inf")) -> None:
    """Lets no command join from now on, and waits for those that did: who came first does not take the servers from the others."""
    guests, until = Lock(state / "guests.lock"), time.monotonic() + seconds
    _held.append(guests)
    if guests.take():
        return
    sys.stderr.write("another command still uses the servers started here: waiting for it (Ctrl-C stops both)\n")
    try:
        while not guests.take() and time.monotonic() < until:
            time.sleep(0.05)
    except KeyboardInterrupt:
        pass


def _adopt(record: Record) -> None:
    for variable, value in record.environment.items():
        if not os.environ.get(variable):
            os.environ[variable] = value
    provide_keys(record.path.parent)
