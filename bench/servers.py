"""Throw-away servers for a benchmark. Durable ones: waiting for the disk is part of what is measured."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stratum.embedded import programs
from stratum.embedded.children import free_port
from stratum.embedded.places import CannotStart
from stratum.embedded.servers import SERVERS, start_servers, stop_servers

ENVIRONMENT = {
    "DEBUG": "0",
    "SECRET_KEY": "a-secret-for-benchmarks",
    "STRATUM_DATA_KEYS": "a-data-key-for-benchmarks",
    "ALLOWED_HOSTS": "127.0.0.1",
    "META_GRAPH_URL": "http://127.0.0.1:9",
    "GOOGLE_ADS_URL": "http://127.0.0.1:9",
    "HUBSPOT_API_URL": "http://127.0.0.1:9",
    "STRATUM_CLOCK": "",
    "LLM_API_KEY": "",
    "EMAIL_URL": "memorymail://",
    "DJANGO_SETTINGS_MODULE": "stratum.settings",
}


@contextmanager
def throw_away_servers() -> Iterator[None]:
    """A fresh, migrated database and a fresh Valkey behind DATABASE_URL and REDIS_URL; nothing of them is left."""
    folder = Path(tempfile.mkdtemp(prefix="stratum-bench-"))
    folder.chmod(0o711)  # PostgreSQL may run as `nobody`, who has to walk through
    os.environ.update(ENVIRONMENT, PUBLIC_URL=f"http://127.0.0.1:{free_port()}")
    servers = start_servers(folder, list(SERVERS))
    try:
        os.environ.update({variable: server.url for variable, server in servers.items()})
        _migrate(folder)
        yield
    finally:
        stop_servers(servers)
        for place in {folder, *(server.folder for server in servers.values())}:
            shutil.rmtree(place, ignore_errors=True)


def _migrate(folder: Path) -> None:
    setup = programs.setup(None)
    setup.log = folder / "setup.log"
    setup.spawn()
    if setup.process and setup.process.wait(120):
        raise CannotStart(f"the database could not be set up: {setup.last_words()}")
