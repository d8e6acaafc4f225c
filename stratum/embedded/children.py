"""Child processes in the foreground: they end with us, leave no grandchildren and take no Ctrl-C behind our back."""

from __future__ import annotations

import os
import pwd
import random
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from stratum.embedded.places import ROOT, CannotStart
from stratum.embedded.processes import die_with_parent

LARGEST_LOG = 20_000_000


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port below the ones that systems give to outgoing connections: a client that retries could end up holding those."""
    ports = random.sample(range(20_000, 32_000), 200)
    return next(port for port in ports if is_free(port))


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int

    @classmethod
    def nobody(cls) -> Account:
        try:
            entry = pwd.getpwnam("nobody")
        except KeyError:
            raise CannotStart(
                "PostgreSQL does not run as root and there is no `nobody`: be a user, or set DATABASE_URL"
            ) from None
        return cls(entry.pw_uid, entry.pw_gid)


@dataclass
class Child:
    """One foreground process. `log`: the file it writes to; without one its output is left in `output` for the reader."""

    name: str
    command: list[str]
    environment: dict[str, str] | None = None
    folder: Path = ROOT
    log: Path | None = None
    told: bytes | None = None
    account: Account | None = None
    stop_signal: int = signal.SIGTERM
    death_signal: int = signal.SIGTERM
    patience: float = 6.0
    process: subprocess.Popen[bytes] | None = None

    def spawn(self) -> None:
        log = _open_log(self.log) if self.log else None
        self.process = subprocess.Popen(
            self.command,
            env=self.environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL if self.told is None else subprocess.PIPE,
            stdout=subprocess.PIPE if log is None else log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=self.account.uid if self.account else None,
            group=self.account.gid if self.account else None,
            extra_groups=[] if self.account else None,
            preexec_fn=die_with_parent(self.death_signal),
        )
        if log is not None:
            os.close(log)
        if self.told is not None and self.process.stdin:
            self.process.stdin.write(self.told)
            self.process.stdin.close()

    @property
    def output(self) -> IO[bytes] | None:
        return self.process.stdout if self.process else None

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None

    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def how_it_ended(self) -> str:
        code = self.process.returncode if self.process else None
        return f"killed by {signal.Signals(-code).name}" if code is not None and code < 0 else f"exit code {code}"

    def ask_to_stop(self) -> None:
        if self.process and self.is_alive():
            self.process.send_signal(self.stop_signal)

    def finish(self, until: float) -> None:
        """Waits to the given monotonic instant for it to end, then ends it, and whatever it started."""
        if not self.process:
            return
        try:
            self.process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.sweep()

    def stop(self) -> None:
        self.ask_to_stop()
        self.finish(time.monotonic() + self.patience)

    def sweep(self) -> None:
        """Ends what a process that was killed left in its group."""
        if self.process:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass

    def last_words(self, lines: int = 3) -> str:
        if not self.log or not self.log.exists():
            return ""
        return " | ".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def _open_log(path: Path) -> int:
    start_over = os.O_TRUNC if path.exists() and path.stat().st_size > LARGEST_LOG else 0
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | start_over, 0o600)
