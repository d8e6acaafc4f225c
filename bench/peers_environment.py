"""`.venv-bench`: what runs beside us and is no part of the product, pinned and hashed like everything else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".venv-bench"
PINS = ROOT / "requirements-bench.txt"


def peers_python() -> Path:
    """The peers' interpreter; installs them first where they are missing or the pins are newer."""
    stamp, python = HOME / "installed.stamp", HOME / "bin" / "python"
    if not stamp.exists() or stamp.stat().st_mtime < PINS.stat().st_mtime:
        print("Installing the peers into .venv-bench (three quarters of a gigabyte, once) …", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", "--clear", HOME], check=True)
        install = [Path(sys.executable).with_name("uv"), "pip", "install", "--quiet", "--require-hashes", "-r", PINS]
        subprocess.run(install, check=True, env={**os.environ, "VIRTUAL_ENV": str(HOME)})
        stamp.touch()
    return python
