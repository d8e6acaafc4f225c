"""A person is erased end to end: nothing names them any more, the money stands, and nobody brings them back."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Q, Sum

from attribution.actions.ads.store_ad_days import store_ad_days
from attribution.actions.credit.attribute_deals import Booking, attribute_deals
from attribution.actions.crm.parse_inbox import parse_inbox
from attribution.actions.crm.refresh_deals import refresh_due_deals
from attribution.actions.crm.store_crm_deals import store_crm_deals
from attribution.actions.deals.import_deals import import_deals
from attribution.actions.touches.record_touchpoints import record_touchpoints
from attribution.models import Contact, Deal, ErasedKey, IdentityEdge, InboxDelivery, LedgerEntry, PersonKey, Touchpoint
from attribution.row_fields import AD_DAY, DEAL, TOUCHPOINT
from attribution.selectors import unbalanced_deals
from stratum.core.models import AdAccount, AuditEntry
from stratum.core.rows import read_row
from stratum.platforms.hubspot_objects import CrmContact, CrmDeal

NOW = datetime(2026, 11, 1, tzinfo=UTC)
TRACES = ("ana@example.com", "555 0100", "5550100", "Costa", "Firefox", "fb.1.1790000000000.AbC")
ANA = {
    "email": "Ana@Example.com",
    "phone": "+1 555 0100",
    "lastname": "Costa",
    "stratum_anonymous_id": "x1",
    "lastmodifieddate": "2026-10-02T10:00:00Z",
}
AT = {"createdate": "2026-10-10T10:00:00Z", "hs_lastmodifieddate": "2026-10-11T10:00:00Z"}


def click(number, **keys):
    row = {
        "touchpoint_id": f"t{number}",
        "occurred_at": "2026-10-08T10:00:00Z",
        "kind": "ad_click",
        "ad_id": "a1",
        "consent": 2,
        "user_agent": "Firefox on a Mac",
        "fbc": "fb.1.1790000000000.AbC",
    }
    return read_row(row | keys, TOUCHPOINT)


def told(workspace, portal, properties, **deal):
    about = AT | {
        "amount": "1000",
        "dealname": "Ana Costa, kitchen",
        "hs_is_closed": "true",
        "hs_is_closed_won": "true",
    }
    crm = CrmDeal("7", about | deal, (CrmContact("501", properties),))
    deals = store_crm_deals(workspace, portal, [crm], {})
    attribute_deals(workspace, [Booking(one.pk, "told") for one in deals], now=NOW)


def deliver(portal, events):
    InboxDelivery.objects.create(workspace=portal.workspace, connection=portal, digest=bytes(32 - len(events)) + bytes(len(events) * [1]), body=json.dumps(events).encode(), received_at=NOW)  # fmt: skip


@pytest.fixture
def ana(workspace, portal):
    account = AdAccount.objects.create(workspace=workspace, platform="meta", external_id="1", name="A", currency="USD")
    day = {"date": "2026-10-01", "ad_id": "a1", "spend": "1", "impressions": 1, "clicks": 1}
    store_ad_days(account, [read_row(day, AD_DAY)])
    record_touchpoints(
        workspace,
        [
            click(1, anonymous_id="x1", email="ana@example.com"),
            click(2, anonymous_id="x2", email="ben@example.com"),
            click(3, anonymous_id="both", email="ana@example.com"),
            click(4, anonymous_id="both", email="ben@example.com"),
            click(5, anonymous_id="both", email="cleo@example.com"),
        ],
    )
    row = {"created_at": AT["createdate"], "stage": "Won", "is_won": True, "amount": "500"}
    import_deals(
        workspace,
        [
            read_row(
                row | {"deal_id": "d1", "contact_id": "501", "email": "ana@example.com", "phone": "+1 555 0100"}, DEAL
            ),
            read_row(row | {"deal_id": "d2", "email": "ben@example.com"}, DEAL),
        ],
    )
    told(workspace, portal, ANA)
    refresh_due_deals(workspace, now=NOW)
    events = [
        {"portalId": 33, "eventId": n, "occurredAt": 1790000000000 + n, "subscriptionType": kind, "objectId": 501, "propertyName": name, "propertyValue": value}
        for n, (kind, name, value) in enumerate([("contact.propertyChange", "email", "ana@example.com"), ("contact.propertyChange", "lastname", "Costa")])
    ]  # fmt: skip
    deliver(portal, events)
    parse_inbox()
    return workspace


def money():
    return list(LedgerEntry.objects.order_by("id").values_list("deal", "ad", "layer", "credit", "amount"))


def everything():
    """All text that the workspace's tables hold, raw bodies included."""
    found = []
    with connection.cursor() as cursor:
        for table in (
            "contact",
            "deal",
            "touchpoint",
            "identityedge",
            "personkey",
            "erasedkey",
            "crmevent",
            "deadletter",
        ):
            cursor.execute(f"SELECT coalesce(string_agg(t::text, ' '), '') FROM attribution_{table} t")
            found.append(cursor.fetchone()[0])
        cursor.execute("SELECT coalesce(string_agg(data::text, ' '), '') FROM core_auditentry")
        found.append(cursor.fetchone()[0])
    bodies = [bytes(one).decode() for one in InboxDelivery.objects.values_list("body", flat=True)]
    secrets = [str([getattr(one, f.attname) for f in one._meta.concrete_fields]) for model in (Contact, Touchpoint) for one in model.objects.filter(wanted(model))]  # fmt: skip
    return " ".join([*found, *bodies, *secrets])


def wanted(model):
    return ~Q(erased_at=None) if model is Contact else Q(touchpoint_id__in=["t1", "t3"])


def assert_gone(workspace):
    text = everything()
    assert [trace for trace in TRACES if trace.lower() in text.lower()] == []
    keys = ("email_hash", "phone_hash", "contact_hash", "anonymous_hash", "click_hash", "ip_hash", "company_hash")
    assert set(Deal.objects.filter(external_id="d1").values_list(*keys)) == {(None,) * len(keys)}
    gone = set(ErasedKey.objects.values_list("kind", "key_hash"))
    assert gone
    assert not gone & set(PersonKey.objects.values_list("kind", "key_hash"))
    assert not gone & set(IdentityEdge.objects.values_list("right_kind", "right_hash"))


@pytest.mark.parametrize("who", [{"email": "ANA@example.com"}, {"phone": "+1 (555) 0100"}, {"contact": "501"}])
def test_an_erased_person_leaves_the_money_and_no_trace(ana, who, capsys):
    stood = money()
    call_command("erase_person", workspace="Acme", **who)
    assert "Erased: 1 contacts, " in capsys.readouterr().out
    assert money() == stood
    assert unbalanced_deals() == []
    assert_gone(ana)
    assert Touchpoint.objects.get(touchpoint_id="t2").anonymous_hash is not None, "Ben's own stay"
    assert Touchpoint.objects.get(touchpoint_id="t4").anonymous_hash is not None, "so does the browser that others use"
    assert Deal.objects.get(external_id="d2").email_hash is not None
    entry = AuditEntry.objects.get(action="person erased")
    assert entry.data["contacts"] == 1


def test_nobody_brings_an_erased_person_back(ana, portal):
    call_command("erase_person", workspace="Acme", email="ana@example.com")
    stood = dict(LedgerEntry.objects.order_by().values_list("layer").annotate(Sum("amount")))
    record_touchpoints(ana, [click(9, anonymous_id="x1", email="ana@example.com", phone="+1 555 0100")])
    row = {
        "deal_id": "d1",
        "created_at": AT["createdate"],
        "updated_at": "2026-10-20T10:00:00Z",
        "stage": "Won",
        "is_won": True,
    }
    import_deals(ana, [read_row(row | {"amount": "500", "email": "ana@example.com", "anonymous_id": "x1"}, DEAL)])
    import_deals(ana, [read_row(row | {"amount": "500", "contact_id": "900", "phone": "+1 555 0100"}, DEAL)])
    told(ana, portal, ANA | {"lastmodifieddate": "2026-12-01T10:00:00Z"}, hs_lastmodifieddate="2026-12-01T10:00:00Z")
    assert_gone(ana)
    assert dict(LedgerEntry.objects.order_by().values_list("layer").annotate(Sum("amount"))) == stood
    # The deal itself lives on: what it is worth still counts, on the credits that stand.
    lines = LedgerEntry.objects.filter(deal__external_id="d1")
    before = lines.filter(ad__isnull=False).aggregate(sum=Sum("amount"))["sum"]
    import_deals(ana, [read_row(row | {"amount": "800", "updated_at": "2026-10-25T10:00:00Z"}, DEAL)])
    assert lines.aggregate(sum=Sum("amount"))["sum"] == 80_000
    assert abs(lines.filter(ad__isnull=False).aggregate(sum=Sum("amount"))["sum"] - before * 1.6) < 2
    assert unbalanced_deals() == []


@pytest.mark.parametrize("matched_again", [True, False])
def test_a_click_that_came_after_its_deal_is_forgotten_with_its_person(ana, matched_again):
    row = {"deal_id": "d3", "created_at": AT["createdate"], "stage": "Won", "is_won": True, "amount": "500"}
    import_deals(ana, [read_row(row | {"email": "ana@example.com", "click_id": "IwARlate"}, DEAL)])
    late = {"click_id": "IwARlate", "click_id_kind": "fbclid"}
    record_touchpoints(ana, [click(11, anonymous_id="late", **late), click(12, anonymous_id="late")])
    if matched_again:
        refresh_due_deals(ana, now=NOW)
    else:  # and Ben, to whom she passed her link on
        record_touchpoints(ana, [click(13, anonymous_id="x2", **late)])
    stood = money()
    call_command("erase_person", workspace="Acme", email="ana@example.com")
    assert money() == stood
    assert kept_of("t11") == set()
    if matched_again:
        assert kept_of("t12") == set(), "her browser was known by the click"
    else:
        assert kept_of("t13") == {"anonymous_hash", "user_agent"}, "Ben's browser stays his, without her click id"
    assert kept_of("t2") >= {"anonymous_hash", "email_hash", "fbc", "user_agent"}


def kept_of(touchpoint_id):
    keys = ("click_hash", "anonymous_hash", "email_hash", "fbc", "user_agent", "click_id_kind", "click_id_seen_at")
    return {key for key in keys if getattr(Touchpoint.objects.get(touchpoint_id=touchpoint_id), key)}


def test_the_crms_own_deletion_for_privacy_erases(ana, portal):
    stood = money()
    event = {
        "portalId": 33,
        "eventId": 99,
        "occurredAt": 1790000009000,
        "subscriptionType": "contact.privacyDeletion",
        "objectId": 501,
    }
    deliver(portal, [event])
    parse_inbox()
    assert_gone(ana)
    assert money() == stood
    assert AuditEntry.objects.get(action="person erased").actor == "the CRM's privacy deletion"


def test_erasing_needs_a_name_and_finds_nothing_twice(ana, capsys):
    with pytest.raises(CommandError, match="say who"):
        call_command("erase_person", workspace="Acme")
    for _ in range(2):
        call_command("erase_person", workspace="Acme", email="ana@example.com")
    assert "nothing of them was kept" in capsys.readouterr().out
