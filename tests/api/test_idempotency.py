from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from attribution.models import Deal, LedgerEntry
from sampler.models import Change
from stratum.core.models import AuditEntry, IdempotentResponse
from stratum.core.tenancy import in_workspace
from tests.api.conftest import Caller, is_problem, tenant

DEAL = {"deal_id": "d1", "created_at": "2026-11-01T00:00:00Z", "amount": "100.00", "is_won": True}


def test_the_same_request_gets_the_same_answer_and_has_one_effect(caller, mine):
    path = f"changes/{mine.change.pk}/approve"
    first, second = (caller.post(path, {"comment": "go"}, Idempotency_Key="k1") for _ in range(2))
    assert (first.status_code, first.json()) == (second.status_code, second.json()) == (200, first.json())
    assert (first.headers.get("Idempotent-Replay"), second.headers.get("Idempotent-Replay")) == (None, "true")
    assert AuditEntry.objects.filter(action="change approved").count() == 1
    assert is_problem(caller.post(path, {"comment": "go"}), 409), "without the key it is a second request"


@pytest.mark.parametrize(("path", "body"), [("deals", {"deals": []}), ("touchpoints", {"deals": [DEAL]})])
def test_another_request_with_the_same_key_is_refused(caller, path, body):
    assert caller.post("deals", {"deals": [DEAL]}, Idempotency_Key="k1").status_code == 200
    assert is_problem(caller.post(path, body, Idempotency_Key="k1"), 422)


def test_keys_that_differ_only_far_behind_are_two_keys(caller):
    for n, end in enumerate(("a", "b")):
        answer = caller.post("deals", {"deals": [DEAL | {"deal_id": f"d{n}"}]}, Idempotency_Key="k" * 200 + end)
        assert is_problem(answer, 400)


def test_what_failed_may_be_sent_again_with_its_key(caller):
    assert is_problem(caller.post("deals", {"wrong": []}, Idempotency_Key="k1"), 400)
    assert caller.post("deals", {"deals": [DEAL]}, Idempotency_Key="k1").json()["stored"] == 1


def test_two_workspaces_may_choose_the_same_key(mine, theirs):
    for one in (mine, theirs):
        assert one.caller.post("deals", {"deals": [DEAL]}, Idempotency_Key="k1").json()["stored"] == 1
    assert IdempotentResponse.everywhere.count() == 2


@pytest.fixture
def live_tenant(transactional_db, live_server):
    return tenant("Mine", spend="11.00")


def at_once(calls):
    def one(call):
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as threads:
        return [answer.result() for answer in [threads.submit(one, call) for call in calls]]


def test_eight_at_once_have_one_effect_and_one_answer(live_tenant):
    body = {"deals": [DEAL | {"deal_id": f"d{n}"} for n in range(20)]}
    path = f"changes/{live_tenant.change.pk}/approve"
    key = live_tenant.caller.key
    deals = at_once([lambda: Caller(key).post("deals", body, Idempotency_Key="k")] * 8)
    approvals = at_once([lambda: Caller(key).post(path, {"comment": "go"}, Idempotency_Key="a")] * 8)
    for answers in (deals, approvals):
        assert {answer.status_code for answer in answers} == {200}
        assert len({json.dumps(answer.json(), sort_keys=True) for answer in answers}) == 1
        assert sum("Idempotent-Replay" not in answer.headers for answer in answers) == 1
    with in_workspace(live_tenant.workspace):
        assert (Deal.objects.count(), LedgerEntry.objects.count()) == (20, 20)
        assert AuditEntry.objects.filter(action="change approved").count() == 1


def test_people_who_approve_at_once_approve_once(live_tenant):
    path = f"changes/{live_tenant.change.pk}/approve"
    answers = at_once([lambda: Caller(live_tenant.caller.key).post(path)] * 8)
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    with in_workspace(live_tenant.workspace):
        assert AuditEntry.objects.filter(action="change approved").count() == 1


def test_whoever_rejects_while_others_approve_has_the_last_word(live_tenant):
    """An approved change may still be withdrawn, so one approval and then one rejection may both be answered 200."""
    verbs = ["approve", "reject"] * 4
    path = f"changes/{live_tenant.change.pk}"
    answers = at_once([lambda verb=verb: Caller(live_tenant.caller.key).post(f"{path}/{verb}") for verb in verbs])
    assert {answer.status_code for answer in answers} <= {200, 409}
    decided = [verb for verb, answer in zip(verbs, answers, strict=True) if answer.status_code == 200]
    assert sorted(decided) in (["approve"], ["reject"], ["approve", "reject"])
    with in_workspace(live_tenant.workspace):
        assert Change.objects.get().status == ("rejected" if "reject" in decided else "approved")
        assert AuditEntry.objects.filter(action__in=["change approved", "change rejected"]).count() == len(decided)


@pytest.mark.parametrize(("path", "name"), [("deals", "deals"), ("ad-days", "ad_days")])
def test_the_same_rows_in_opposite_orders_at_once_do_not_lock_each_other_out(live_tenant, path, name):
    day = {"date": "2026-11-02", "spend": "1", "impressions": 1, "clicks": 1}
    rows = [DEAL | {"deal_id": f"d{n}"} if name == "deals" else day | {"ad_id": f"a{n}"} for n in range(60)]
    key = live_tenant.caller.key
    for turn in range(2):
        orders = [rows, rows[::-1]] * 3
        changed = [
            [{**row, "amount": f"{turn}{n}", "spend": f"{turn}{n}"} for row in order] for n, order in enumerate(orders)
        ]
        answers = at_once([
            lambda turn=turn, n=n, sent=sent: Caller(key).post(path, {name: sent}, Idempotency_Key=f"{turn} {n}")
            for n, sent in enumerate(changed)
        ])  # fmt: skip
        assert {answer.status_code for answer in answers} == {200}
