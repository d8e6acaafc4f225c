from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import OperationalError, connection, models
from psycopg import Cursor


def plain_columns(model: type[models.Model]) -> list[str]:
    """Those that come out of the database as they are, for `model.from_db`; the others are read when somebody asks for them."""
    return [field.attname for field in model._meta.concrete_fields if not hasattr(field, "from_db_value")]


def prepared_row(select: str, values: Mapping[str, Any]) -> tuple | None:
    """The first row of a statement that only reads and whose plan the server keeps from the first time on, a connection each.

    For what every request asks: Django's own cursors put the parameters into the text, which then is planned anew, and that can
    take longer than running it. The statement names its columns: the type of what comes back must not change with a migration.
    An answer is as good as a health check, so that none goes before; on a connection that was lost the statement is asked again.
    """
    try:
        row = _row(select, values)
    except OperationalError:
        if connection.in_atomic_block or connection.is_usable():
            raise
        connection.close()
        row = _row(select, values)
    connection.health_check_done = True
    return row


def _row(select: str, values: Mapping[str, Any]) -> tuple | None:
    connection.ensure_connection()
    with connection.wrap_database_errors, Cursor(connection.connection) as cursor:
        return cursor.execute(select, values, prepare=True).fetchone()
