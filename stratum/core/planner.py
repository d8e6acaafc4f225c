from __future__ import annotations

from django.db import connection
from django.db.models import Model


def analyse(*tables: type[Model]) -> None:
    """Tells the planner how large tables are and what is in them, where much was written that no vacuum has seen yet."""
    if tables:
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {', '.join(table._meta.db_table for table in tables)}")
