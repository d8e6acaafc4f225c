from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection

from attribution.models import Deal
from stratum.core.actions.make_workspace import make_workspace
from stratum.core.models import AdAccount, AuditEntry
from stratum.core.tenancy import Unscoped, WorkspaceOwned, in_workspace

OWNED = [model for model in apps.get_models() if issubclass(model, WorkspaceOwned)]
# A portal's id says whose delivery it is, before any workspace is known.
UNIQUE_ACROSS_WORKSPACES = {"portal_belongs_to_one_workspace"}


@pytest.mark.parametrize("model", OWNED, ids=lambda m: m._meta.label)
@pytest.mark.parametrize("ask", ["all", "exists", "count", "first", "in_bulk", "create"])
def test_an_unscoped_query_raises(db, model, ask):
    with pytest.raises(Unscoped):
        getattr(model.objects, ask)()


@pytest.mark.parametrize("model", OWNED, ids=lambda m: m._meta.label)
def test_every_index_starts_with_the_workspace(db, model):
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, model._meta.db_table)
    for name, found in constraints.items():
        if not (found["index"] or found["unique"]) or name in UNIQUE_ACROSS_WORKSPACES or found["columns"] == ["id"]:
            continue
        assert found["columns"][0] == "workspace_id", f"{name} starts with {found['columns'][0]}"


def test_a_workspace_sees_only_its_own(workspace):
    other = make_workspace(name="Other")
    AdAccount.objects.create(workspace=workspace, platform="meta", external_id="1", name="Mine", currency="USD")
    with in_workspace(other):
        assert not AdAccount.objects.exists()
    assert AdAccount.objects.get().name == "Mine"
    assert Deal.objects.count() == 0


def test_the_scope_ends_with_its_block(db):
    with in_workspace(make_workspace(name="A")):
        assert AuditEntry.objects.count() == 1
    with pytest.raises(Unscoped):
        AuditEntry.objects.count()
