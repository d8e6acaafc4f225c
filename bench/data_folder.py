"""Public data sets that benchmarks read. Their terms do not let a project ship them, so that they lie in a folder of the user's."""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE = "STRATUM_DATA"


class DataMissing(Exception):
    """A sentence that says what is missing and where to get it."""


def data_folder(name: str, source: str) -> Path:
    """The folder `name` in the one that the environment names. DataMissing where it is not there; `source` says where to get it."""
    home = os.environ.get(VARIABLE)
    if not home:
        raise DataMissing(f"{VARIABLE} names no folder. It should hold {name}/: {source}")
    folder = Path(home) / name
    if not folder.is_dir():
        raise DataMissing(f"{folder} is missing: {source}")
    return folder
