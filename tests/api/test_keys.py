from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from stratum.core.clock import real_now
from stratum.core.models import ApiKey, Membership, User
from tests.api.conftest import Caller, is_problem

READS = ("roas/dashboard", "roas/campaigns", "roas/metrics", "changes", "changes/{change}")
WRITES = {
    "touchpoints": "ingest",
    "deals": "ingest",
    "ad-days": "ingest",
    "changes/{change}/approve": "approve",
    "changes/{change}/reject": "approve",
    "changes/{change}/undo": "decide",
}
EVERY_PATH = [("GET", path) for path in READS] + [("POST", path) for path in WRITES]


def call(caller, method, path, change):
    path = path.format(change=change.pk)
    return caller.get(path) if method == "GET" else caller.post(path)


@pytest.mark.parametrize(("method", "path"), EVERY_PATH)
@pytest.mark.parametrize(
    "spoil",
    [
        lambda key: "",
        lambda key: "sk_",
        lambda key: "sk_nobody_secret",
        lambda key: key[:-1] + ("a" if key[-1] != "a" else "b"),
        lambda key: key + "x",
        lambda key: key.upper(),
        lambda key: "sk__" + key.split("_", 2)[2],
        lambda key: "%é" + key,
    ],
)
def test_a_key_that_nobody_made_opens_nothing(mine, method, path, spoil):
    answer = call(Caller(spoil(mine.caller.key)), method, path, mine.change)
    assert is_problem(answer, 401)
    assert answer["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("ended", [{"revoked_at": timedelta(0)}, {"expires_at": timedelta(seconds=-1)}])
def test_a_revoked_or_expired_key_opens_nothing(mine, ended):
    assert mine.caller.get("changes").status_code == 200
    ApiKey.everywhere.update(**{name: real_now() + since for name, since in ended.items()})
    assert is_problem(mine.caller.get("changes"), 401)


def test_a_key_that_expires_tomorrow_still_works(mine):
    ApiKey.everywhere.update(expires_at=real_now() + timedelta(days=1))
    assert mine.caller.get("changes").status_code == 200


def test_the_secret_of_one_workspace_behind_the_prefix_of_another_opens_neither(mine, theirs):
    prefix, secret = theirs.workspace.key_prefix, mine.caller.key.split("_", 2)[2]
    assert is_problem(Caller(f"sk_{prefix}_{secret}").get("changes"), 401)


def test_a_call_with_a_key_is_the_keys_whatever_cookies_come_with_it(mine, theirs):
    person = User.objects.create_user("both@example.com")
    Membership.everywhere.create(workspace=theirs.workspace, user=person, role="owner")
    client = Client(enforce_csrf_checks=True)
    client.force_login(person)
    assert Caller(mine.caller.key, client).get("changes").json() == mine.caller.get("changes").json()
    assert is_problem(Caller(mine.caller.key + "x", client).get("changes"), 401)
    reject = f"changes/{theirs.change.pk}/reject"
    assert is_problem(Caller(mine.caller.key, client).post(reject), 404)
    assert is_problem(client.post(f"/api/{reject}", headers={"Authorization": "Basic x"}), 403)


def test_an_answer_to_a_key_says_how_long_it_is_and_that_it_is_what_it_says(mine):
    answer = mine.caller.get("changes")
    assert int(answer["Content-Length"]) == len(answer.content)
    assert (answer["X-Content-Type-Options"], answer["Content-Type"]) == ("nosniff", "application/json")


@pytest.mark.parametrize("path", READS)
def test_reading_takes_the_scope_read(mine, path):
    assert is_problem(mine.holding("ingest", "decide", "approve").get(path.format(change=mine.change.pk)), 403)


@pytest.mark.parametrize(("path", "scope"), WRITES.items())
def test_writing_takes_its_own_scope(mine, path, scope):
    others = {"read", "ingest", "decide", "approve", "admin"} - {scope}
    answer = mine.holding(*others).post(path.format(change=mine.change.pk))
    assert is_problem(answer, 403)
    assert scope in answer.json()["detail"]
    mine.change.refresh_from_db()
    assert mine.change.status == "waiting"


def test_nothing_in_the_database_lets_anyone_rebuild_a_key(mine):
    secret = mine.caller.key.split("_", 2)[2]
    with connection.cursor() as cursor:
        cursor.execute("SELECT key::text, encode(secret_hash, 'escape') FROM core_apikey AS key")
        assert all(secret not in text for row in cursor.fetchall() for text in row)


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_a_method_that_is_not_there_is_a_problem_too(mine, method):
    answer = getattr(mine.caller.client, method)("/api/changes", headers={"Authorization": f"Bearer {mine.caller.key}"})
    assert is_problem(answer, 405)


@pytest.mark.parametrize("path", ["nothing", "changes/x", "roas", "changes/1/delete"])
def test_an_address_that_is_not_there_is_a_problem_too(mine, path):
    assert is_problem(mine.caller.get(path), 404)
