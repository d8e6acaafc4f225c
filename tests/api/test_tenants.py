"""A key of one workspace neither sees nor changes a row of another."""

from __future__ import annotations

import pytest

from attribution.models import Deal, Touchpoint
from sampler.models import Change
from stratum.core.models import AdDay, AuditEntry
from stratum.core.tenancy import in_workspace
from tests.api.conftest import is_problem

HUGE = 99_999_999_999_999_999_999


@pytest.mark.parametrize("path", ["roas/dashboard", "roas/campaigns", "roas/metrics", "changes"])
@pytest.mark.parametrize(
    "query", [{}, {"level": "ad"}, {"account": "{account}"}, {"parent": "{parent}", "level": "adset"}]
)
def test_no_answer_holds_what_is_theirs(mine, theirs, path, query):
    with in_workspace(theirs.workspace):
        ids = {"account": theirs.account.pk, "parent": theirs.change.ad_set.campaign_id}
    days = {"from": "2026-11-01", "to": "2026-11-02"} if path != "changes" else {}
    answer = mine.caller.get(path, **days, **{name: value.format(**ids) for name, value in query.items()})
    assert answer.status_code == 200
    assert "2222" not in answer.content.decode()
    assert "Theirs" not in answer.content.decode()


def test_every_caller_sees_what_is_theirs_alone(mine, theirs):
    for one in (mine, theirs):
        found = one.caller.get("changes").json()["results"]
        assert [change["id"] for change in found] == [one.change.pk]
        metrics = one.caller.get("roas/metrics", **{"from": "2026-11-01", "to": "2026-11-02"}).json()
        assert metrics["spend"] == {"Mine": "11.00", "Theirs": "2222.00"}[one.workspace.name]


@pytest.mark.parametrize("verb", ["approve", "reject", "undo"])
def test_a_change_of_another_workspace_is_not_there(mine, theirs, verb):
    assert is_problem(mine.caller.get(f"changes/{theirs.change.pk}"), 404)
    assert is_problem(mine.caller.post(f"changes/{theirs.change.pk}/{verb}"), 404)
    assert is_problem(mine.caller.post(f"changes/{HUGE}/{verb}"), 404)
    assert Change.everywhere.get(pk=theirs.change.pk).status == "waiting"
    assert not AuditEntry.everywhere.filter(subject=f"Change {theirs.change.pk}").exists()


def test_the_same_natural_keys_stand_apart(mine, theirs):
    sent = {
        "ad-days": {"ad_days": [{"date": "2026-11-01", "ad_id": "ad of Theirs", "spend": "1", "impressions": 1, "clicks": 1}]},
        "deals": {"deals": [{"deal_id": "d", "created_at": "2026-11-01T00:00:00Z", "amount": "5", "is_won": True}]},
        "touchpoints": {"touchpoints": [{"touchpoint_id": "t", "occurred_at": "2026-11-01T00:00:00Z", "kind": "web"}]},
    }  # fmt: skip
    for one in (mine, theirs):
        for path, body in sent.items():
            assert one.caller.post(path, body, Idempotency_Key=path).json()["rejected"] == 0
    for model, count in ((Deal, 1), (Touchpoint, 1)):
        for one in (mine, theirs):
            assert model.everywhere.filter(workspace=one.workspace).count() == count
    assert [str(day.spend) for day in AdDay.everywhere.filter(workspace=theirs.workspace)] == ["1.000000"]
    assert {str(day.spend) for day in AdDay.everywhere.filter(workspace=mine.workspace)} == {"11.000000", "1.000000"}
