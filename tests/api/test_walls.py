"""Pages and admin under attack: another tenant's ids, forms that nobody offered, secrets, forged requests, false directions."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from attribution.actions.crm.connect_crm import connect_crm
from attribution.models import CrmConnection
from sampler.actions.set_limits import set_limits
from sampler.models import AccountLimits, Change
from stratum.core.models import Ad, AdAccount, AuditEntry, Membership, User
from stratum.core.tenancy import WorkspaceOwned, in_workspace

PASSWORD = "correct horse battery"
OWNED = [model for model in admin.site._registry if issubclass(model, WorkspaceOwned)]


@pytest.fixture
def both(mine, theirs):
    """Both workspaces with a portal, a live account, limits and a member."""
    for number, one in enumerate((mine, theirs)):
        with in_workspace(one.workspace):
            connect_crm(one.workspace, portal_id=number, access_token=f"token {number}", client_secret=f"secret {number}", actor="test")  # fmt: skip
            AdAccount.objects.filter(pk=one.account.pk).update(access_token="plain")
            one.account.access_token = f"ads token {number}"
            one.account.save()
            set_limits(one.account, actor="test", daily_cap=1000)
            person = User.objects.create_user(f"member{number}@example.com", is_staff=True)
            Membership.objects.create(workspace=one.workspace, user=person, role="owner")
    return mine, theirs


def staff(workspace, role):
    """A client that checks forgery, signed in as staff with that role in one workspace."""
    user = User.objects.create_user(f"{role}@mine.example", is_staff=True)
    Membership.everywhere.create(workspace=workspace, user=user, role=role)
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


@pytest.fixture
def owner(both):
    return staff(both[0].workspace, "owner")


def url(model, what, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{what}", args=args)


@pytest.mark.parametrize("model", OWNED, ids=lambda model: model._meta.label)
def test_no_admin_page_shows_or_takes_a_row_of_another_workspace(both, owner, model):
    listed = owner.get(url(model, "changelist")).content.decode()
    assert "Theirs" not in listed
    assert "member1@example.com" not in listed
    for row in model.everywhere.filter(workspace=both[1].workspace):
        for what in ("change", "history", "delete"):
            assert owner.get(url(model, what, row.pk)).status_code in (302, 403, 404)
        assert owner.post(url(model, "change", row.pk), {"name": "taken", "_save": ""}).status_code in (302, 403, 404)
        assert model.everywhere.get(pk=row.pk).workspace_id == both[1].workspace.pk


@pytest.mark.parametrize("model", OWNED, ids=lambda model: model._meta.label)
def test_no_form_offers_a_row_or_a_person_of_another_workspace(both, owner, model):
    page = owner.get(url(model, "add"))
    assert page.status_code in (200, 403)
    text = page.content.decode()
    assert "member1@example.com" not in text
    assert "Theirs" not in text


def test_a_form_that_names_another_workspace_writes_in_ones_own(both, owner):
    mine, theirs = both
    form = {"name": "New", "platform": "meta", "external_id": "9", "currency": "USD", "timezone": "UTC", "workspace": theirs.workspace.pk, "workspace_id": theirs.workspace.pk}  # fmt: skip
    assert owner.post(url(AdAccount, "add"), form).status_code == 302
    assert AdAccount.everywhere.get(external_id="9").workspace_id == mine.workspace.pk
    AccountLimits.everywhere.filter(workspace=mine.workspace).delete()
    limits = {"account": theirs.account.pk, "step_up": 9, "step_down": 1, "cumulative_24h": 9, "cumulative_7d": 9, "floor": 0, "cooldown_hours": 0, "performance_max_age_hours": 1, "revenue_max_age_hours": 1, "autonomy": "review"}  # fmt: skip
    refused = owner.post(url(AccountLimits, "add"), limits)
    assert "not one of the available choices" in refused.content.decode()
    assert AccountLimits.everywhere.get().workspace_id == theirs.workspace.pk


def test_an_owner_adds_a_member_by_email_and_in_the_own_workspace_only(both, owner):
    mine, theirs = both
    form = {"email": "Member1@Example.com", "role": "owner", "user": 1, "workspace": theirs.workspace.pk}
    for email in ("Member1@Example.com", "new@example.com"):
        assert owner.post(url(Membership, "add"), form | {"email": email}).status_code == 302
    assert "member already" in owner.post(url(Membership, "add"), form).content.decode()
    added = Membership.everywhere.filter(workspace=mine.workspace).exclude(user__email__endswith="mine.example")
    assert set(added.values_list("user__email", flat=True)) == {"member0@example.com", "member1@example.com", "new@example.com"}  # fmt: skip
    assert Membership.everywhere.filter(workspace=theirs.workspace).count() == 1
    new = User.objects.get(email="new@example.com")
    assert (new.has_usable_password(), new.is_staff, new.is_superuser) == (False, False, False)
    page = url(Membership, "change", added.get(user=new).pk)
    assert owner.post(page, {"role": "viewer", "user": 1}).status_code == 302
    assert Membership.everywhere.get(user=new).role == "viewer"
    assert AuditEntry.everywhere.filter(action="changed in the admin", data={"role": "viewer"}).count() == 1


@pytest.mark.parametrize("role", ["viewer", "operator", "approver"])
@pytest.mark.parametrize("model", [AdAccount, Membership, CrmConnection, AccountLimits])
def test_settings_take_an_owner(both, role, model):
    client = staff(both[0].workspace, role)
    row = model.everywhere.filter(workspace=both[0].workspace).first()
    page = url(model, "change", row.pk)
    assert client.post(page, {"role": "owner", "dry_run": ""}).status_code == 403
    assert client.get(url(model, "add")).status_code == 403
    assert client.get(page).status_code == 200


@pytest.mark.parametrize("role", ["viewer", "owner"])
def test_no_page_shows_a_stored_secret(both, role):
    client = staff(both[0].workspace, role)
    for model in (CrmConnection, AdAccount):
        row = model.everywhere.get(workspace=both[0].workspace)
        text = client.get(url(model, "change", row.pk)).content.decode()
        assert "token 0" not in text
        assert "secret 0" not in text


def test_an_empty_secret_keeps_the_stored_one_and_a_new_one_replaces_it(both, owner):
    portal = CrmConnection.everywhere.get(workspace=both[0].workspace)
    page = url(CrmConnection, "change", portal.pk)
    for sent, held in (("", "secret 0"), ("fresh", "fresh")):
        form = {"portal_id": 0, "name": "Main", "access_token": "", "client_secret": sent, "is_active": "on"}
        assert owner.post(page, form).status_code == 302
        portal.refresh_from_db()
        assert (portal.client_secret, portal.access_token, portal.name) == (held, "token 0", "Main")
    told = [entry.data for entry in AuditEntry.everywhere.filter(action="changed in the admin").order_by("id")]
    assert told[-1] == {"client_secret": "replaced"}
    assert owner.post(url(CrmConnection, "add"), {"portal_id": 5, "name": "x"}).status_code == 200, "a portal needs one"


def test_what_is_there_already_is_told_by_the_form(both, owner):
    account, theirs = both[0].account, CrmConnection.everywhere.get(workspace=both[1].workspace)
    twin = {"name": "x", "platform": account.platform, "external_id": account.external_id, "currency": "USD", "timezone": "UTC"}  # fmt: skip
    refused = owner.post(url(AdAccount, "add"), twin)
    assert (refused.status_code, "already exists" in refused.content.decode()) == (200, True)
    portal = {"portal_id": theirs.portal_id, "name": "x", "client_secret": "mine"}
    refused = owner.post(url(CrmConnection, "add"), portal)
    assert "connected already" in refused.content.decode()
    assert CrmConnection.everywhere.filter(portal_id=theirs.portal_id).get() == theirs


def test_the_switch_to_real_money_is_on_the_audit_trail_wherever_it_is_flipped(both, owner):
    account = both[0].account
    form = {"name": account.name, "platform": "meta", "external_id": "1", "currency": "USD", "timezone": "UTC"}
    assert owner.post(url(AdAccount, "change", account.pk), form).status_code == 302
    assert AdAccount.everywhere.get(pk=account.pk).dry_run is False
    told = AuditEntry.everywhere.get(action="changed in the admin")
    assert (told.actor, told.data["dry_run"]) == ("owner@mine.example", "False")


def test_ids_of_another_workspace_lead_nowhere(both, owner):
    theirs = both[1]
    with in_workspace(theirs.workspace):
        ad = Ad.objects.get()
    pages = [f"/ads/{ad.pk}/", f"/decisions/{theirs.change.pk}/", f"/performance/?level=ad&parent={ad.ad_set_id}",
             f"/ads/{10**20}/", f"/decisions/{10**20}/"]  # fmt: skip
    assert [owner.get(page).status_code for page in pages] == [404] * 5
    for page in (f"/performance/?account={theirs.account.pk}", f"/decisions/?account={theirs.account.pk}"):
        assert "Theirs" not in owner.get(page).content.decode()
    verbs = [f"/decisions/{theirs.change.pk}/{verb}/" for verb in ("approve", "reject", "undo")]
    for page in (*verbs, f"/accounts-of-ads/{theirs.account.pk}/dry-run/"):
        assert owner.post(page, {"dry_run": "off"}).status_code == 404
    owner.post("/workspaces/open/", {"workspace": theirs.workspace.pk})
    assert "Theirs" not in owner.get("/").content.decode()
    owner.post("/decisions/approve-all/", {"change": [theirs.change.pk]})
    owner.post(url(Change, "changelist"), {"action": "approve_selected", "_selected_action": [theirs.change.pk]})
    assert Change.everywhere.get(pk=theirs.change.pk).status == "waiting"


@pytest.mark.parametrize("path", ["/decisions/{change}/approve/", "/decisions/approve-all/", "/accounts-of-ads/{account}/dry-run/",
                                  "/workspaces/open/", "/api/changes/{change}/approve", "/api/deals"])  # fmt: skip
def test_a_forged_request_is_refused(both, path):
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.get(email="member0@example.com"))
    path = path.format(change=both[0].change.pk, account=both[0].account.pk)
    assert client.post(path, {"change": both[0].change.pk}, content_type="application/json").status_code == 403
    assert client.get(path).status_code in (403, 404, 405)
    assert Change.everywhere.get(pk=both[0].change.pk).status == "waiting"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_signing_in_leads_nowhere_else(both, elsewhere):
    member = User.objects.get(email="member0@example.com")
    member.set_password(PASSWORD)
    member.save()
    form = {"login": member.email, "password": PASSWORD, "next": elsewhere}
    assert Client().post("/accounts/login/", form).headers["Location"] == "/"


def test_nobody_signs_up_alone(db):
    Client().post("/accounts/signup/", {"email": "x@example.com", "password1": PASSWORD, "password2": PASSWORD})
    assert not User.objects.exists()
