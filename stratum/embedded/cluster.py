"""The data folder of PostgreSQL: where it may lie, how it is made, and whether the installed version can read it."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import subprocess
import tempfile
from pathlib import Path

from stratum.embedded.binaries import ELSEWHERE
from stratum.embedded.children import Account
from stratum.embedded.places import CannotStart, write_private

ROLE = "stratum"


def reachable_folder(folder: Path, account: Account | None) -> Path:
    """The folder, or, where `nobody` may not walk to it, one in /var/lib/stratum that the folder remembers."""
    if account is None:
        folder.mkdir(parents=True, exist_ok=True)
        return folder
    note = folder / "kept_at"
    if all(parent.stat().st_mode & 0o001 for parent in folder.parents if parent.exists()):
        place = folder
    else:
        if not note.exists():
            name = hashlib.sha256(f"{folder}{secrets.token_hex()}".encode()).hexdigest()[:10]
            write_private(note, str(ELSEWHERE / f"data-{name}"))
        place = Path(note.read_text())
        place.parent.mkdir(parents=True, exist_ok=True)
        place.parent.chmod(0o711)
    place.mkdir(parents=True, exist_ok=True)
    place.chmod(0o711)
    return place


def make_data(programs: Path, data: Path, password: str, *, account: Account | None, durable: bool) -> None:
    """Makes it under another name first, so that one interrupted half-way is never taken for a database."""
    draft = data.with_name("data.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(password)
        file.flush()
        if account:
            os.chown(draft, account.uid, account.gid)
            os.chown(file.name, account.uid, account.gid)
        # The built-in collation sorts alike on every system.
        words = ["-D", str(draft), "-U", ROLE, "--auth=scram-sha-256", f"--pwfile={file.name}", "--encoding=UTF8"]
        words += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        words += [] if durable else ["--no-sync"]
        _run([str(programs / "bin" / "initdb"), *words], account)
    draft.rename(data)


def check_version(data: Path, installed: str) -> None:
    """The programs of one major version cannot read the data of another."""
    written_by = (data / "PG_VERSION").read_text().strip()
    if written_by != installed:
        raise CannotStart(
            f"{data} was written by PostgreSQL {written_by} and the installed one is {installed}: "
            f"dump it with {written_by} and load it into {installed}, or move the folder away to start empty"
        )


def create_database(server: str, name: str) -> None:
    import psycopg  # half a second to import, and only the first start needs it

    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        if not connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
            connection.execute(f"create database {name}")


def environment() -> dict[str, str]:
    # Without LC_ALL, PostgreSQL on macOS finds itself "multithreaded during startup" and gives up.
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _run(command: list[str], account: Account | None) -> None:
    user = {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
    done = subprocess.run(command, cwd="/", env=environment(), capture_output=True, text=True, check=False, **user)
    if done.returncode:
        raise CannotStart(f"{Path(command[0]).name} failed: {' | '.join(done.stderr.strip().splitlines()[-3:])}")
