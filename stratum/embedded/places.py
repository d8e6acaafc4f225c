"""Where a checkout keeps what is its own: `.stratum/`, readable by its owner alone."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class CannotStart(Exception):
    """One line for the person at the keyboard: what is in the way, and what to do about it."""


def state_path() -> Path:
    return Path(os.environ.get("STRATUM_STATE_DIR") or ROOT / ".stratum").resolve()


def state_folder() -> Path:
    folder = state_path()
    folder.mkdir(parents=True, exist_ok=True)
    # Started by root, PostgreSQL runs as `nobody`, who has to walk through here; each private file has its own 0600.
    folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
    return folder


def read_json(path: Path) -> dict[str, Any] | None:
    """The content, or None where there is none yet; CannotStart names a file that was damaged by hand."""
    try:
        text = path.read_text()
    except FileNotFoundError:
        return None
    try:
        return dict(json.loads(text))
    except ValueError as problem:
        raise CannotStart(f"{path} is not JSON ({problem}): repair it, or delete it and it is made anew") from problem


def write_private(path: Path, text: str) -> None:
    """Replaces the file in one step, so that nobody ever reads half of it, and lets only its owner read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)


def write_private_json(path: Path, content: dict[str, Any]) -> None:
    write_private(path, json.dumps(content, indent=2) + "\n")
