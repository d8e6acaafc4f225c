"""Gunicorn's configuration hook: it runs after the import of the application and before the port is opened."""

from __future__ import annotations

import os
import time
from pathlib import Path


def on_starting(server: object) -> None:
    ready_file = Path(os.environ["STRATUM_READY_FILE"])
    while not ready_file.exists():
        time.sleep(0.05)
