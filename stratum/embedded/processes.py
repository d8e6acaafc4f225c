"""Telling processes apart. A pid alone is not a name: the system hands it out again."""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

LINUX = sys.platform.startswith("linux")
PR_SET_PDEATHSIG = 1


def birth_of(pid: int) -> str | None:
    """The moment a process was born, in the system's own words; None once it has ended."""
    if not LINUX:
        command = ["ps", "-o", "stat=,lstart=", "-p", str(pid)]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        state, _, born = answer.stdout.strip().partition(" ")
        return None if not born or state.startswith("Z") else born.strip()
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else fields[19]


@dataclass(frozen=True)
class Living:
    """A process for good: its pid and its birth. Survives being written down."""

    pid: int
    birth: str | None

    @classmethod
    def now(cls, pid: int) -> Living:
        return cls(pid, birth_of(pid))

    def is_alive(self) -> bool:
        return self.birth is not None and birth_of(self.pid) == self.birth

    def end(self, signal_number: int, *, patience: float) -> None:
        """Asks it to stop and, out of patience, ends it; for processes that are not our own children."""
        for number, seconds in ((signal_number, patience), (signal.SIGKILL, 5.0)):
            until = time.monotonic() + seconds
            if self.is_alive():
                os.kill(self.pid, number)
            while self.is_alive() and time.monotonic() < until:
                time.sleep(0.05)


def die_with_parent(signal_number: int) -> Callable[[], None] | None:
    """For `preexec_fn`: Linux then sends the signal when the parent is gone, however it went. Nothing like it elsewhere.

    Linux counts the *thread* that started the child as its parent, so children are started from the main thread only.
    """
    if not LINUX:
        return None
    libc, parent = ctypes.CDLL(None), os.getpid()

    def follow() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal_number)
        if os.getppid() != parent:
            os._exit(1)

    return follow


class Lock:
    """A lock on a file that the system releases with the process that holds it, even after kill -9."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.descriptor: int | None = None

    def take(self, *, shared: bool = False, wait: bool = False) -> bool:
        if self.descriptor is None:
            self.descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self.descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None
