"""pytest plugin: throw-away PostgreSQL and Valkey, up before pytest-django reads the settings, for each process that runs tests.

TEST_DATABASE_URL and TEST_REDIS_URL use servers of your own instead; what is in Valkey is then shared, so run one process (`-n 0`).
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from argparse import Namespace
from collections.abc import Generator
from pathlib import Path

import pytest

from stratum.embedded.servers import SERVERS, Server, start_servers, stop_servers

ENVIRONMENT = {
    "DEBUG": "1",  # for the settings that follow from it, such as static files without a manifest; Django's own DEBUG is off
    "SECRET_KEY": "a-secret-for-tests",
    "STRATUM_DATA_KEYS": "a-data-key-for-tests",
    # Playwright's synchronous interface runs an event loop in the thread of the test.
    "DJANGO_ALLOW_ASYNC_UNSAFE": "1",
    # A test that forgets to say where its platform is reaches nothing, and no vendor.
    "META_GRAPH_URL": "http://127.0.0.1:9",
    "GOOGLE_DATA_MANAGER_URL": "http://127.0.0.1:9",
    "GOOGLE_ADS_URL": "http://127.0.0.1:9",
    "GOOGLE_TOKEN_URL": "http://127.0.0.1:9",
    "HUBSPOT_API_URL": "http://127.0.0.1:9",
    "LLM_API_KEY": "",
    "EMAIL_URL": "memorymail://",
    "STRATUM_CLOCK": "",
    # A kept connection of the live server would hold the database that the run wants to drop.
    "CONN_MAX_AGE": "0",
}


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    os.environ.update(ENVIRONMENT)
    if _runs_tests(early_config.known_args_namespace):
        began = time.monotonic()
        given = {name: os.environ[f"TEST_{name}"] for name in SERVERS if os.environ.get(f"TEST_{name}")}
        os.environ.update(given)
        _start([name for name in SERVERS if name not in given], early_config)
        os.environ["STRATUM_TEST_SERVERS"] = f"up in {time.monotonic() - began:.1f} s"
    return (yield)


def _runs_tests(asked: Namespace) -> bool:
    """Not where tests are only listed, nor where others run them."""
    is_worker = "PYTEST_XDIST_WORKER" in os.environ
    return not asked.collectonly and (is_worker or not getattr(asked, "numprocesses", None))


def pytest_report_header() -> str:
    return f"servers: {os.environ.get('STRATUM_TEST_SERVERS', 'none of its own')}"


def _start(variables: list[str], config: pytest.Config) -> None:
    folder = Path(tempfile.mkdtemp(prefix="stratum-tests-"))
    folder.chmod(0o711)
    servers = start_servers(folder, variables, durable=False)
    for variable, server in servers.items():
        os.environ[variable] = server.url
    config.add_cleanup(lambda: _stop(folder, servers))


def _stop(folder: Path, servers: dict[str, Server]) -> None:
    stop_servers(servers)
    for place in {folder, *(server.folder for server in servers.values())}:
        shutil.rmtree(place, ignore_errors=True)
