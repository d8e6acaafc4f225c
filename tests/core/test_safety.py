from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from attribution.actions.crm.connect_crm import connect_crm
from attribution.models import CrmConnection
from stratum.core.clock import Replay
from stratum.core.crypto import decrypt, encrypt, keyed_hash
from tests.test_architecture import ROOT


@pytest.mark.parametrize(
    ("environment", "starts"),
    [
        ({}, False),
        ({"SECRET_KEY": "a long one of our own"}, False),
        ({"STRATUM_DATA_KEYS": "a long one of our own"}, False),
        ({"SECRET_KEY": "a long one of our own", "STRATUM_DATA_KEYS": "another"}, True),
    ],
)
def test_without_debug_no_default_secret_starts(environment, starts):
    clean = {
        name: value for name, value in os.environ.items() if name not in ("SECRET_KEY", "STRATUM_DATA_KEYS", "DEBUG")
    }
    run = subprocess.run(
        [sys.executable, "-c", "import stratum.settings"],
        cwd=ROOT,
        env={**clean, **environment, "DEBUG": "0"},
        capture_output=True,
        text=True,
    )
    assert (run.returncode == 0) == starts
    assert starts or "must be set to secrets of your own" in run.stderr


def test_secrets_are_only_stored_encrypted(workspace):
    connect_crm(workspace, portal_id=5, access_token="pat-123", client_secret="hush-hush", actor="test")
    with connection.cursor() as cursor:
        cursor.execute("SELECT access_token, client_secret FROM attribution_crmconnection")
        stored = " ".join(cursor.fetchone())
    assert "pat-123" not in stored
    assert "hush-hush" not in stored
    assert CrmConnection.objects.get().client_secret == "hush-hush"


def test_a_newer_data_key_reads_what_the_older_wrote(settings):
    old = encrypt("secret")
    hashed = keyed_hash(1, "email", "a@b.c")
    settings.STRATUM_DATA_KEYS = ["a newer key", *settings.STRATUM_DATA_KEYS]
    assert decrypt(old) == "secret"
    assert keyed_hash(1, "email", "a@b.c") == hashed
    settings.STRATUM_DATA_KEYS = ["only the newer key"]
    with pytest.raises(ValueError, match="put the older key back"):
        decrypt(old)


def test_hashes_of_two_workspaces_never_meet():
    assert keyed_hash(1, "email", "a@b.c") != keyed_hash(2, "email", "a@b.c") != keyed_hash(2, "ip", "a@b.c")


NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("after", "shown"),
    [
        (timedelta(0), NOON - timedelta(days=10)),
        (timedelta(minutes=1), NOON - timedelta(days=10) + timedelta(hours=6)),
        (timedelta(hours=2), NOON + timedelta(hours=2)),  # caught up: real time from here on
    ],
)
def test_a_replay_catches_up_and_never_overtakes(after, shown):
    replay = Replay.parse(f"{NOON.isoformat()}/{(NOON - timedelta(days=10)).isoformat()}/360")
    assert replay.shown_at(NOON + after) == shown


@pytest.mark.parametrize(
    "text", ["now", "2026-11-21/2026-11-20/2", "2026-11-21T12:00:00+00:00/2026-11-20T12:00:00+00:00/fast"]
)
def test_a_clock_that_cannot_be_read_says_so(text):
    with pytest.raises(ValueError):
        Replay.parse(text)
