"""Looks at the servers that were given by address, and says in one line what is wrong with them."""

from __future__ import annotations

import socket
from urllib.parse import parse_qs, unquote, urlsplit

from stratum.embedded.places import CannotStart


def check_database(url: str) -> None:
    """CannotStart when it does not answer, refuses us, or has no pgvector."""
    import psycopg  # half a second to import, and only a given database needs it

    parts = urlsplit(url)
    place = f"{parts.hostname or 'localhost'}:{parts.port or 5432}{parts.path}"
    try:
        connection = psycopg.connect(
            host=parts.hostname,
            port=parts.port or 5432,
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            dbname=unquote(parts.path.lstrip("/")) or None,
            sslmode=parse_qs(parts.query).get("sslmode", ["prefer"])[0],
            connect_timeout=5,
        )
    except psycopg.OperationalError as problem:
        reason = str(problem).strip().splitlines()[-1]
        raise CannotStart(f"DATABASE_URL ({place}) cannot be used: {reason}") from problem
    with connection:
        if not connection.execute("select 1 from pg_available_extensions where name = 'vector'").fetchone():
            raise CannotStart(f"DATABASE_URL ({place}) has no pgvector: install the extension on that server")


def check_redis(url: str) -> None:
    parts = urlsplit(url)
    place = (parts.hostname or "localhost", parts.port or 6379)
    try:
        socket.create_connection(place, timeout=5).close()
    except OSError as problem:
        raise CannotStart(f"REDIS_URL ({place[0]}:{place[1]}) cannot be used: {problem}") from problem


CHECKS = {"DATABASE_URL": check_database, "REDIS_URL": check_redis}
