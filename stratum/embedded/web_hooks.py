"""Gunicorn's configuration hook: it runs after the import of the application, before the port is opened and the workers are forked."""

from __future__ import annotations

import gc
import os
import time
from pathlib import Path


def on_starting(server: object) -> None:
    ready_file = Path(os.environ["STRATUM_READY_FILE"])
    while not ready_file.exists():
        time.sleep(0.05)
    # What was imported is never garbage: the workers' collector need not walk it, nor copy the pages that they share.
    gc.collect()
    gc.freeze()
