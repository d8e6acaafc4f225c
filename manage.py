#!/usr/bin/env python
import os
import sys

from django.core.management import execute_from_command_line

from stratum.embedded.places import CannotStart
from stratum.embedded.processes import Lock
from stratum.embedded.runtime import find_or_start

WITHOUT_TABLES = {
    "help",
    "version",
    "check",
    "test",
    "migrate",
    "makemigrations",
    "showmigrations",
    "sqlmigrate",
    "squashmigrations",
}


def make_tables(lock: Lock) -> None:
    """Migrates a new database, once, whichever of several first commands comes first."""
    import django
    from django.core.management import call_command
    from django.db import connection

    lock.take(wait=True)
    try:
        django.setup()
        if "django_migrations" not in connection.introspection.table_names():
            sys.stderr.write("The database is new: making its tables.\n")
            call_command("migrate", verbosity=0, interactive=False)
    finally:
        lock.release()


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stratum.settings")
    try:
        lock = find_or_start(" ".join(["manage.py", *sys.argv[1:2]]))
    except CannotStart as refusal:
        sys.exit(f"stratum: {refusal}")
    if lock and not WITHOUT_TABLES & set(sys.argv[1:2]) and not {"--help", "-h", "--version"} & set(sys.argv):
        make_tables(lock)
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
