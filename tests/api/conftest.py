"""Two workspaces with money in them, and callers who hold a key of one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from attribution.actions.ads.import_ad_days import import_ad_days
from attribution.row_fields import AD_DAY
from sampler.models import Change
from stratum.core.actions.make_workspace import make_workspace
from stratum.core.api.authentication import make_key
from stratum.core.models import AdAccount, AdSet, Workspace
from stratum.core.permissions import VERBS
from stratum.core.rows import read_row
from stratum.core.tenancy import in_workspace

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)


@dataclass
class Caller:
    """Somebody with an API key."""

    key: str
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(f"/api/{path}", query, headers=self._headers({}))

    def post(
        self, path: str, body: Any = None, *, raw: bytes | None = None, kind: str = "application/json", **headers: str
    ) -> Any:
        sent = json.dumps(body or {}).encode() if raw is None else raw
        return self.client.generic("POST", f"/api/{path}", sent, content_type=kind, headers=self._headers(headers))

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self.key}",
            **{name.replace("_", "-"): value for name, value in more.items()},
        }


@dataclass
class Tenant:
    workspace: Workspace
    account: AdAccount
    change: Change
    caller: Caller

    def holding(self, *scopes: str) -> Caller:
        return Caller(make_key(self.workspace, label=" ".join(scopes), scopes=list(scopes)))


def tenant(name: str, *, spend: str) -> Tenant:
    """A workspace with one imported ad and one change that waits."""
    workspace = make_workspace(name=name)
    with in_workspace(workspace):
        row = {"date": "2026-11-01", "ad_id": f"ad of {name}", "campaign_name": f"Campaign of {name}", "spend": spend, "impressions": 100, "clicks": 7}  # fmt: skip
        import_ad_days(workspace, [read_row(row, AD_DAY)])
        account, ad_set = AdAccount.objects.get(), AdSet.objects.get()
        change = Change.objects.create(
            workspace=workspace,
            account=account,
            target_kind="ad_set",
            ad_set=ad_set,
            before=10_000,
            after=12_000,
            currency="USD",
            expected=2.0,
            low=1.5,
            high=2.5,
            status="waiting",
            created_at=NOW,
        )
    return Tenant(workspace, account, change, Caller(make_key(workspace, label="all", scopes=list(VERBS))))


@pytest.fixture
def mine(db: None) -> Tenant:
    return tenant("Mine", spend="11.00")


@pytest.fixture
def theirs(db: None) -> Tenant:
    return tenant("Theirs", spend="2222.00")


@pytest.fixture
def caller(mine: Tenant) -> Iterator[Caller]:
    with in_workspace(mine.workspace):
        yield mine.caller


def is_problem(answer: Any, status: int) -> bool:
    """An RFC 9457 document with that status, and all that users were promised of it."""
    assert answer.status_code == status, answer.content[:300]
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert {"type", "title", "status", "detail", "errors"} <= body.keys()
    return body["status"] == status


def fields_of(answer: Any) -> set[str]:
    return {error["field"] for error in answer.json()["errors"]}
