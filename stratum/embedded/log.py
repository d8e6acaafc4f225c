"""One log of many processes: every line says who wrote it, in a colour where the terminal has colours."""

from __future__ import annotations

import os
import selectors
import sys
import time
from typing import IO, cast

COLOURS = {"web": 36, "worker": 32, "beat": 35, "sandbox": 33, "setup": 34}
OUR_NAME = "stratum"
WIDTH = 8


class Log:
    """Reads the children's output in the thread that starts them, because a thread of its own would be their parent."""

    def __init__(self) -> None:
        self.selector = selectors.DefaultSelector()
        self.unfinished: dict[str, bytes] = {}
        self.coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")

    def say(self, text: str, name: str = OUR_NAME) -> None:
        colour = COLOURS.get(name, 1)
        label = f"\x1b[{colour}m{name:<{WIDTH}}|\x1b[0m" if self.coloured else f"{name:<{WIDTH}}|"
        try:
            print(label, text, flush=True)  # noqa: T201
        except OSError:
            pass  # the terminal was closed, and there is still a shutdown to finish

    def attach(self, name: str, stream: IO[bytes] | None) -> None:
        if stream is not None:
            os.set_blocking(stream.fileno(), False)
            self.selector.register(stream, selectors.EVENT_READ, name)

    def pump(self, seconds: float) -> None:
        """Passes on what arrives within the time."""
        until = time.monotonic() + seconds
        while True:
            if not self.selector.get_map():
                return time.sleep(max(0.0, until - time.monotonic()))
            for key, _ in self.selector.select(max(0.0, until - time.monotonic())):
                self._read(key)
            if time.monotonic() >= until:
                return None

    def _read(self, key: selectors.SelectorKey) -> None:
        chunk = os.read(key.fd, 65536)
        *lines, rest = (self.unfinished.pop(key.data, b"") + chunk).split(b"\n")
        if not chunk:
            self.selector.unregister(key.fileobj)
            cast(IO[bytes], key.fileobj).close()
            lines, rest = [rest] if rest else [], b""
        for line in lines:
            self.say(line.decode(errors="replace").rstrip(), key.data)
        if rest:
            self.unfinished[key.data] = rest
