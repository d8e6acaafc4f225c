"""The OpenAPI document is valid and complete, and the product does what it says."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from jsonschema import Draft202012Validator
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from stratum.api import urlpatterns
from stratum.wsgi import application
from tests.api.conftest import tenant

PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


@pytest.fixture(scope="module")
def document():
    return Client().get("/api/schema/?format=json").json()


def test_the_document_is_valid_openapi_3_1(document):
    assert document["openapi"].startswith("3.1")
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_endpoint_is_documented_and_nothing_else(document):
    routes = {
        "/api/" + PARAMETER.sub(r"{\1}", route.pattern._route)
        for route in urlpatterns
        if hasattr(route.pattern, "_route")
    }
    assert set(document["paths"]) == routes
    for path in document["paths"].values():
        for method, operation in path.items():
            assert {"ApiKey": []} in operation["security"]
            assert {"200", "400", "401", "403"} <= operation["responses"].keys(), method
            assert operation["operationId"]


def test_the_pages_of_the_document_are_open(db):
    assert Client().get("/api/docs/").status_code == 200
    assert Client().get("/api/schema/")["Content-Type"].startswith("application/vnd.oai.openapi")


EXAMPLES = settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
)


@pytest.fixture
def documented(transactional_db):
    """What the document says, with the key of a workspace that has something to answer with."""
    mine = tenant("Mine", spend="11.00")
    schema = schemathesis.openapi.from_wsgi("/api/schema/?format=json", application)
    return schema, mine


def test_made_up_requests_are_answered_as_documented(documented):
    schema, mine = documented
    for found in schema.get_all_operations():
        answer_as_documented(found.ok(), mine)


def answer_as_documented(operation, mine):
    checks = [not_a_server_error, response_schema_conformance, content_type_conformance, status_code_conformance]

    @EXAMPLES
    @given(case=operation.as_strategy())
    def one(case):
        own = {"change_id": mine.change.pk, "plan_id": mine.change.plan_id or 1}
        for name, number in (case.path_parameters or {}).items():
            case.path_parameters[name] = own[name] if number % 2 else number
        case.call_and_validate(headers={"Authorization": f"Bearer {mine.caller.key}"}, checks=checks)

    one()


@pytest.mark.parametrize("first", ["attribution.views", "stratum.core.api.problems", "stratum.api", "stratum.urls"])
def test_whichever_page_is_asked_for_first_a_new_process_answers(first):
    code = f"import django; django.setup(); import {first}, stratum.urls"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
