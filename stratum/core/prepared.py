from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import connection
from psycopg import Cursor


def prepared_row(statement: str, values: Mapping[str, Any]) -> tuple | None:
    """The first row of a statement whose plan the server keeps from the first time on, a connection each.

    For what every request asks: Django's own cursors put the parameters into the text, which then is planned anew, and that can
    take longer than running it. The statement names its columns: the type of what comes back must not change with a migration.
    """
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    with connection.wrap_database_errors, Cursor(connection.connection) as cursor:
        return cursor.execute(statement, values, prepare=True).fetchone()
