"""Secrets of a development machine, made once. Production brings its own: nothing is invented with DEBUG=0."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from stratum.embedded.places import read_json, write_private_json

NAMES = ("SECRET_KEY", "STRATUM_DATA_KEYS")


def keys_are_kept(state: Path) -> bool:
    return _path(state).exists() and not all(os.environ.get(name) for name in NAMES)


def provide_keys(state: Path) -> None:
    """Puts the secrets that are not set into the environment, and DEBUG=1 where DEBUG is not set either."""
    if os.environ.setdefault("DEBUG", "1").lower() in ("0", "false", "no", "off", ""):
        return
    kept = read_json(_path(state)) or {}
    made = {name: secrets.token_urlsafe(32) for name in NAMES if name not in kept and not os.environ.get(name)}
    if made:
        write_private_json(_path(state), kept | made)
    for name, value in (kept | made).items():
        if not os.environ.get(name):
            os.environ[name] = value


def _path(state: Path) -> Path:
    return state / "secrets.json"
