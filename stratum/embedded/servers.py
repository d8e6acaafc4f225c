"""The servers that nobody gave us: PostgreSQL without DATABASE_URL, Valkey without REDIS_URL."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from stratum.embedded.postgres import Postgres
from stratum.embedded.valkey import Valkey

Server = Postgres | Valkey
SERVERS: dict[str, type[Postgres] | type[Valkey]] = {"DATABASE_URL": Postgres, "REDIS_URL": Valkey}


def missing(environment: Mapping[str, str] = os.environ) -> list[str]:
    return [variable for variable in SERVERS if not environment.get(variable)]


def start_servers(folder: Path, variables: list[str], *, durable: bool = True) -> dict[str, Server]:
    """The servers behind the named variables, answering. Started side by side, stopped again if one of them fails."""
    servers: dict[str, Server] = {}
    try:
        for variable in variables:
            servers[variable] = SERVERS[variable](folder / SERVERS[variable].name, durable=durable)
            servers[variable].spawn()
        for server in servers.values():
            server.wait()
    except BaseException:
        stop_servers(servers)
        raise
    return servers


def stop_servers(servers: Mapping[str, Server]) -> None:
    for server in servers.values():
        server.child.ask_to_stop()
    for server in servers.values():
        server.child.stop()
