from __future__ import annotations

from django.test import Client

from attribution.models import CollectionSettings, Touchpoint
from stratum.core.tenancy import in_workspace
from tests.api.conftest import fields_of, is_problem
from tests.attribution.test_bots import CHROME

URL = "https://shop.example/"


def test_links_are_made_row_by_row_and_lead_to_allowed_places_only(mine, caller):
    CollectionSettings.objects.create(workspace=mine.workspace, link_hosts="shop.example")
    rows = [
        {"url": URL, "channel": "email", "email": "a@b.c", "consent": 1},
        {"url": "https://evil.example/", "channel": "email"},
        {"url": URL, "channel": "pigeon"},
        "no row",
    ]
    answer = caller.post("message-links", {"links": rows}).json()
    assert (answer["received"], answer["made"]) == (4, 1)
    assert [(error["row"], error["field"]) for error in answer["errors"]] == [(1, "url"), (2, "channel"), (3, "")]
    address, *refused = answer["links"]
    assert refused == [None] * 3
    path = address[address.index("/go/") :]
    assert Client().get(path, headers={"User-Agent": CHROME})["Location"] == URL
    assert Touchpoint.objects.get().email_hash


def test_only_a_key_that_may_write_makes_links_and_each_workspace_allows_its_own_hosts(mine, theirs):
    with in_workspace(theirs.workspace):
        CollectionSettings.objects.create(workspace=theirs.workspace, link_hosts="shop.example")
    row = {"url": URL, "channel": "email"}
    assert is_problem(mine.holding("read").post("message-links", {"links": [row]}), 403)
    assert mine.holding("ingest").post("message-links", {"links": [row]}).json()["made"] == 0
    refused = mine.holding("ingest").post("message-links", {"links": row})
    assert is_problem(refused, 400) and fields_of(refused) == {"links"}
