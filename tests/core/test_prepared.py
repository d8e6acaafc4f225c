from __future__ import annotations

import psycopg
import pytest
from django.db import connection

from stratum.core.models import Workspace
from stratum.core.prepared import plain_columns, prepared_row

COUNT = "SELECT count(*) FROM core_workspace WHERE id >= %(least)s"


def cut_the_line():
    """As a restarted server or a firewall does, while nothing is asked."""
    backend = connection.connection.info.backend_pid
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": None}) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [backend])
        while other.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [backend]).fetchone():
            pass


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_was_lost_is_made_anew():
    assert prepared_row(COUNT, {"least": 0}) == (0,)
    cut_the_line()
    assert prepared_row(COUNT, {"least": 0}) == (0,)


@pytest.mark.django_db
def test_a_row_that_is_read_so_is_the_row():
    kept = Workspace.objects.create(name="One", slug="one")
    columns = plain_columns(Workspace)
    row = prepared_row(f"SELECT {', '.join(columns)} FROM core_workspace WHERE id = %(id)s", {"id": kept.pk})
    read = Workspace.from_db(connection.alias, columns, row)
    assert [getattr(read, name) for name in columns] == [getattr(kept, name) for name in columns]
