"""`.venv-bench`: what runs beside us and is no part of the product, pinned and hashed like everything else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".venv-bench"
PINS = ROOT / "requirements-bench.txt"
COMPILED = "contextualbandits"
"""Published as source only; where it cannot be compiled the others are installed without it."""


def peers_python() -> Path:
    """The peers' interpreter; installs them first where they are missing or the pins are newer."""
    stamp, python = HOME / "installed.stamp", HOME / "bin" / "python"
    if not stamp.exists() or stamp.stat().st_mtime < PINS.stat().st_mtime:
        print("Installing the peers into .venv-bench (a gigabyte, once) …", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", "--clear", HOME], check=True)
        if refused := _install(PINS.read_text()):
            print(f"{COMPILED} could not be compiled and is left out:\n{refused[-600:]}", flush=True)
            without = re.sub(rf"^{COMPILED}==.*?(?=^\S)", "", PINS.read_text(), flags=re.MULTILINE | re.DOTALL)
            if refused := _install(without):
                raise RuntimeError(refused)
        stamp.touch()
    return python


def _install(pins: str) -> str:
    """What went wrong, nothing if all went well."""
    command = [Path(sys.executable).with_name("uv"), "pip", "install", "--quiet", "--require-hashes", "-r", "-"]
    asked = subprocess.run(
        command, check=False, input=pins, text=True, capture_output=True, env={**os.environ, "VIRTUAL_ENV": str(HOME)}
    )
    return asked.stderr or "no reason given" if asked.returncode else ""
