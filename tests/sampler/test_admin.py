"""Review in the admin."""

from __future__ import annotations

import pytest
from django.urls import reverse

from sampler.actions.propose_plan import propose_plan
from sampler.models import AccountLimits
from stratum.core.models import AdAccount, AuditEntry, Membership, User, Workspace
from tests.sampler.conftest import NOW, make_change, own_budgets

DETAIL = "admin:sampler_change_change"


@pytest.fixture
def signed_in(client, workspace):
    def sign_in(role):
        user = User.objects.create_user(f"{role}@example.com", "a long secret", is_staff=True)
        Membership.objects.create(workspace=workspace, user=user, role=role)
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def change(account):
    reasons = [{"signal": "return", "value": 3.1, "direction": "up", "sentence": "Expected to return 3.10 <soon>."}]
    return make_change(own_budgets(account)[0], status="waiting", reasons=reasons)


def decide(client, change, verb, **form):
    return client.post(reverse(f"admin:sampler_change_{verb}", args=[change.pk]), {"_form_submitted": "on", **form})


def test_the_list_and_the_page_tell_the_change(signed_in, change):
    client = signed_in("approver")
    listed = client.get(reverse("admin:sampler_change_changelist"), {"status__exact": "waiting"}).content.decode()
    page = client.get(reverse(DETAIL, args=[change.pk])).content.decode()
    assert change.ad_set.name in listed
    assert "Expected to return 3.10 &lt;soon&gt;." in page
    assert "→" in page
    assert "+10.0%" in listed


def test_an_approver_approves_with_a_comment(signed_in, change):
    client = signed_in("approver")
    asked = client.get(reverse("admin:sampler_change_approve", args=[change.pk]))
    assert "comment" in asked.content.decode()
    change.refresh_from_db()
    assert change.status == "waiting", "looking decides nothing"
    assert decide(client, change, "approve", comment="go").headers["HX-Redirect"].endswith(f"/{change.pk}/change/")
    change.refresh_from_db()
    assert (change.status, change.decided_by, change.comment) == ("approved", "approver@example.com", "go")


def test_several_are_rejected_from_the_list(signed_in, change):
    client = signed_in("owner")
    client.post(
        reverse("admin:sampler_change_changelist"), {"action": "reject_selected", "_selected_action": [change.pk]}
    )
    change.refresh_from_db()
    assert (change.status, change.decided_by) == ("rejected", "owner@example.com")


def test_an_operator_looks_and_cannot_decide(signed_in, change):
    client = signed_in("operator")
    assert client.get(reverse(DETAIL, args=[change.pk])).status_code == 200
    assert decide(client, change, "approve").status_code == 403
    change.refresh_from_db()
    assert change.status == "waiting"


def test_another_workspaces_change_is_not_there(signed_in, change):
    Workspace.objects.create(name="Other", slug="other")
    user = User.objects.create_user("x@example.com", "a long secret", is_staff=True)
    Membership.everywhere.create(workspace=Workspace.objects.get(slug="other"), user=user, role="owner")
    client = signed_in("viewer")
    client.force_login(user)
    assert change.ad_set.name not in client.get(reverse("admin:sampler_change_changelist")).content.decode()
    assert decide(client, change, "approve").status_code in (302, 403, 404)
    change.refresh_from_db()
    assert change.status == "waiting"


def test_limits_are_edited_and_told_to_the_audit_trail(signed_in, account):
    client = signed_in("owner")
    limits = AccountLimits.objects.get()
    page = reverse("admin:sampler_accountlimits_change", args=[limits.pk])
    form = client.get(page).context["adminform"].form.initial | {
        "daily_cap": 123_456,
        "ceiling": "",
        "two_person_amount": "",
        "spend_day_factor": "",
    }
    assert client.post(page, form).status_code == 302
    limits.refresh_from_db()
    assert limits.daily_cap == 123_456
    assert AuditEntry.objects.get(action="limits set").data["after"]["daily_cap"] == 123_456


def test_plans_are_looked_at_and_not_changed(signed_in, account):
    plan = propose_plan(account, day=NOW.date(), now=NOW, seed=1)
    client = signed_in("owner")
    assert client.get(reverse("admin:sampler_plan_change", args=[plan.pk])).status_code == 200
    assert client.get(reverse("admin:sampler_adbelief_changelist")).status_code == 200
    assert client.post(reverse("admin:sampler_plan_change", args=[plan.pk]), {"total": 1}).status_code == 403


def test_an_account_of_googles_is_connected_like_one_of_metas(signed_in, workspace):
    client = signed_in("owner")
    page = reverse("admin:core_adaccount_add")
    assert "login_customer_id" in client.get(page).content.decode(), "it says what a credential of Google's looks like"
    form = {
        "platform": "google", "external_id": "415-555-0199", "name": "Search", "currency": "USD", "timezone": "UTC",
        "access_token": '{"client_id": "c", "client_secret": "s", "refresh_token": "r"}', "dry_run": "on",
    }  # fmt: skip
    assert client.post(page, form).status_code == 302
    account = AdAccount.objects.get()
    assert (account.platform, account.dry_run) == ("google", True) and "refresh_token" in account.access_token
