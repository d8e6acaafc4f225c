from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from stratum.embedded.postgres import Postgres
from tests.embedded.conftest import Checkout


@pytest.fixture(scope="module")
def postgres(checkout: Checkout) -> Postgres:
    server = Postgres(Path(checkout.state) / "postgres", durable=False)
    server.spawn()
    server.wait()
    yield server
    server.child.stop()


def test_it_finds_near_vectors_by_an_index(postgres: Postgres) -> None:
    with psycopg.connect(postgres.url) as connection:
        connection.execute("create extension vector")
        connection.execute(
            "create table points as select i, array[i, 1, 0]::real[]::vector(3) as place from generate_series(1, 2000) i"
        )
        connection.execute("create index on points using hnsw (place vector_l2_ops)")
        connection.execute("set local enable_seqscan = off")
        query = "select i from points order by place <-> '[700.2, 1, 0]' limit 1"
        assert "Index Scan" in str(connection.execute(f"explain {query}").fetchall())
        assert connection.execute(query).fetchone() == (700,)


def test_it_wants_the_password(postgres: Postgres) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(postgres.url.replace(postgres.password, "guessed"))


def test_it_sorts_alike_on_every_system(postgres: Postgres) -> None:
    with psycopg.connect(postgres.url) as connection:
        assert connection.execute("select upper('éñ'), 'Ärger' ilike 'ärger'").fetchone() == ("ÉÑ", True)
