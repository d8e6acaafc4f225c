"""The product's web server, as it is started everywhere, for a benchmark to call."""

from __future__ import annotations

import dataclasses
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stratum.embedded import programs
from stratum.embedded.children import Child, free_port, is_free


@contextmanager
def web_server() -> Iterator[int]:
    """Its port, once it answers."""
    with serving("stratum.wsgi") as (port, _):
        yield port


@contextmanager
def serving(application: str) -> Iterator[tuple[int, Child]]:
    """Any WSGI application in the very same shape of gunicorn: its port, once it answers, and its process."""
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder, "ready")
        ready.touch()
        port = free_port()
        child = programs.web(port, ready)
        child = dataclasses.replace(child, command=[*child.command[:-1], application], log=Path(folder, "web.log"))
        child.spawn()
        try:
            until = time.monotonic() + 60
            while is_free(port):
                assert child.is_alive() and time.monotonic() < until, child.last_words()
                time.sleep(0.05)
            yield port, child
        finally:
            child.stop()
