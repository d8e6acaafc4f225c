#!/usr/bin/env python
import os
import sys

from django.core.management import execute_from_command_line

from stratum.embedded.places import CannotStart
from stratum.embedded.runtime import find_or_start


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stratum.settings")
    try:
        find_or_start(" ".join(["manage.py", *sys.argv[1:2]]))
    except CannotStart as refusal:
        sys.exit(f"stratum: {refusal}")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
