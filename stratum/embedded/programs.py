"""The four programs of a run, and the steps before them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from stratum.embedded.children import Child
from stratum.embedded.places import ROOT

PYTHON = sys.executable
HOOKS = "stratum.embedded.web_hooks"


def setup(sandbox_file: Path | None) -> Child:
    return _program("setup", "-m", "stratum.embedded.prepare", *([str(sandbox_file)] if sandbox_file else []))


def web(port: int, ready_file: Path) -> Child:
    """Imports Stratum at once and opens the port when `ready_file` appears, so that nobody meets an unfinished database."""
    shape = "--workers 2 --worker-class gthread --threads 4 --preload --graceful-timeout 4 --log-level warning"
    words = [*shape.split(), "--no-control-socket", "--bind", f"127.0.0.1:{port}", "--config", f"python:{HOOKS}"]
    return _program("web", "-m", "gunicorn", *words, "stratum.wsgi", STRATUM_READY_FILE=str(ready_file))


def worker() -> Child:
    shape = "--pool prefork -c 2 --loglevel INFO --without-gossip --without-mingle"
    warnings = {"PYTHONWARNINGS": "ignore:You're running the worker"}  # as root, which containers do
    return _program("worker", "-m", "celery", "--quiet", "-A", "stratum", "worker", *shape.split(), **warnings)


def beat() -> Child:
    shape = "--scheduler django_celery_beat.schedulers:DatabaseScheduler --pidfile= --loglevel INFO"
    return _program("beat", "-m", "celery", "--quiet", "-A", "stratum", "beat", *shape.split())


def sandbox(sandbox_file: Path) -> Child:
    return _program("sandbox", "manage.py", "sandbox", "--config", str(sandbox_file))


def _program(name: str, *words: str, **more: str) -> Child:
    environment = os.environ | {"PYTHONUNBUFFERED": "1", "DJANGO_SETTINGS_MODULE": "stratum.settings"} | more
    return Child(name, [PYTHON, *words], environment=environment, folder=ROOT)
