"""The steps between the servers and the programs, in one process, because importing Django is what takes their time."""

from __future__ import annotations

import sys

import django
from django.core.management import call_command


def main(steps: list[str]) -> None:
    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    call_command("sync_schedule")
    for step in steps:
        call_command(step)


if __name__ == "__main__":
    main(sys.argv[1:])
