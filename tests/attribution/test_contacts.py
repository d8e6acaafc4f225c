"""People are kept encrypted, filled from what is told of them, and never filled again once they were erased."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from attribution.actions.crm.store_crm_deals import store_crm_deals
from attribution.actions.deals.import_deals import import_deals
from attribution.domain.clicks_of_contact import clicks_of
from attribution.identity import hashed
from attribution.models import Contact, Deal, LedgerEntry, StageChange
from attribution.row_fields import DEAL
from stratum.core.rows import read_row
from stratum.platforms.hubspot_objects import CrmContact, CrmDeal

AT = {"createdate": "2026-10-01T10:00:00Z", "hs_lastmodifieddate": "2026-10-02T10:00:00Z"}
ANA = {
    "email": "Ana@Example.com",
    "phone": "+1 555 0100",
    "firstname": "Ana",
    "lastname": "Costa",
    "city": "Boston",
    "zip": "02110",
    "country": "US",
    "company": "Acme Ltd",
    "createdate": "2026-09-30T10:00:00Z",
    "lastmodifieddate": "2026-10-02T10:00:00Z",
    "hs_facebook_click_id": "IwAR0Aa",
    "hs_data_privacy_ads_consent": "true",
    "stratum_click_id_seen_at": "1790762400000",
    "stratum_fbp": "fb.1.1.2",
    "stratum_meta_lead_id": "l:123456789012345",
    "stratum_ip": "10.0.0.1",
    "stratum_user_agent": "Firefox",
}


def tell(workspace, portal, properties, contact_id="501"):
    deal = CrmDeal("7", {**AT, "amount": "10"}, (CrmContact(contact_id, properties),))
    with transaction.atomic():
        return store_crm_deals(workspace, portal, [deal], {})[0]


def test_a_contact_is_filled_from_the_crm_and_unreadable_in_the_database(workspace, portal):
    deal = tell(workspace, portal, ANA)
    contact = Contact.objects.get()
    assert deal.contact == contact
    assert (contact.email, contact.phone, contact.first_name, contact.last_name) == ("Ana@Example.com", "+1 555 0100", "Ana", "Costa")  # fmt: skip
    assert (contact.city, contact.postal_code, contact.country) == ("Boston", "02110", "US")
    assert (contact.click_id, contact.click_id_kind, contact.fbp) == ("IwAR0Aa", "fbclid", "fb.1.1.2")
    assert contact.click_id_seen_at == datetime(2026, 9, 30, 10, tzinfo=UTC)
    assert (contact.meta_lead_id, contact.consent) == (123456789012345, 2)
    assert (contact.email_hash, contact.phone_hash) == (deal.email_hash, deal.phone_hash)
    assert None not in (contact.company_hash, deal.company_hash, deal.contact_hash)
    with connection.cursor() as cursor:
        cursor.execute("SELECT attribution_contact::text FROM attribution_contact")
        stored = cursor.fetchone()[0]
    assert not any(part in stored for part in ("Ana@", "Costa", "555 0100", "Boston", "IwAR0", "10.0.0.1", "Firefox"))


@pytest.mark.parametrize(
    ("told", "field", "kept"),
    [
        ({"email": ""}, "email", "Ana@Example.com"),
        ({"phone": None}, "phone", "+1 555 0100"),
        ({"phone": "+1 555 0199"}, "phone", "+1 555 0199"),
        ({"hs_facebook_click_id": ""}, "click_id", "IwAR0Aa"),
        ({"hs_facebook_click_id": "", "hs_google_click_id": "Cj0"}, "click_id_kind", "gclid"),
        ({"hs_data_privacy_ads_consent": ""}, "consent", 2),
        ({"hs_data_privacy_ads_consent": "false"}, "consent", 0),
        ({"stratum_meta_lead_id": "none"}, "meta_lead_id", 123456789012345),
    ],
)
def test_a_blank_takes_nothing_away_and_a_new_word_counts(workspace, portal, told, field, kept):
    tell(workspace, portal, ANA)
    later = {**ANA, **told, "lastmodifieddate": "2026-10-03T10:00:00Z"}
    tell(workspace, portal, {name: value for name, value in later.items() if value})
    assert getattr(Contact.objects.get(), field) == kept


def test_an_older_word_only_fills_gaps(workspace, portal):
    tell(workspace, portal, {name: value for name, value in ANA.items() if name != "city"})
    tell(workspace, portal, {**ANA, "phone": "+1 555 0001", "lastmodifieddate": "2026-10-01T10:00:00Z"})
    contact = Contact.objects.get()
    assert (contact.phone, contact.city) == ("+1 555 0100", "Boston")


SEEN = datetime(2026, 9, 30, 10, tzinfo=UTC)
UNDATED = {"stratum_click_id_seen_at": ""}
OLDER = {"lastmodifieddate": "2026-10-01T10:00:00Z"}


@pytest.mark.parametrize(
    ("first", "later", "kept"),
    [
        (UNDATED, {}, ("IwAR0Aa", None)),
        (UNDATED, ANA, ("IwAR0Aa", SEEN)),
        (ANA, UNDATED, ("IwAR0Aa", SEEN)),
        (ANA, UNDATED | {"hs_facebook_click_id": "IwAR0Bb"}, ("IwAR0Bb", None)),
        (ANA, ANA | OLDER | {"hs_facebook_click_id": "IwAR0Bb", "stratum_click_id_seen_at": "1"}, ("IwAR0Aa", SEEN)),
        (UNDATED, ANA | OLDER | {"hs_facebook_click_id": "IwAR0Bb"}, ("IwAR0Aa", None)),
        ({"hs_facebook_click_id": ""}, ANA | OLDER, ("IwAR0Aa", SEEN)),
        ({"hs_google_click_id": "Cj0"}, {}, ("IwAR0Aa", None)),
        ({"hs_google_click_id": "Cj0", "stratum_click_id": "IwAR0Aa"}, {}, ("IwAR0Aa", SEEN)),
        ({"stratum_click_id": "0AAAAAgbraid"}, {}, ("IwAR0Aa", None)),
    ],
)
def test_a_click_id_has_its_own_moment_or_none(workspace, portal, first, later, kept):
    for known in ({**ANA, **first}, {**ANA, "stratum_click_id_seen_at": "", "lastmodifieddate": "2026-10-09T10:00:00Z", **later}):  # fmt: skip
        tell(workspace, portal, {name: value for name, value in known.items() if value})
    contact = Contact.objects.get()
    assert (contact.click_id, contact.click_id_seen_at) == kept


def test_an_erased_contact_stays_erased_and_leaves_no_keys(workspace, portal):
    tell(workspace, portal, {"lastmodifieddate": ANA["lastmodifieddate"]})
    Contact.objects.update(erased_at=datetime(2026, 10, 3, tzinfo=UTC))
    deal = tell(workspace, portal, ANA)
    contact = Contact.objects.get()
    assert (contact.email, contact.click_id, contact.email_hash) == ("", "", None)
    assert (deal.email_hash, deal.phone_hash, deal.ip_hash, deal.click_hash) == (None,) * 4


ROW = {
    "deal_id": "d1",
    "created_at": "2026-10-01T10:00:00Z",
    "stage": "Open",
    "stage_probability": "0.5",
    "amount": "100",
    "email": "ana@example.com",
    "phone": "+1 555 0100",
    "company": "Acme Ltd",
    "user_agent": "Firefox",
    "form_id": "f7",
}


@pytest.mark.parametrize("contact_id", ["c1", None], ids=["named", "known by e-mail"])
def test_imported_deals_bring_their_people(workspace, contact_id):
    for deal_id in ("d1", "d2"):
        import_deals(workspace, [read_row(ROW | {"deal_id": deal_id, "contact_id": contact_id}, DEAL)])
    contact = Contact.objects.get()
    assert (contact.email, contact.phone, contact.user_agent) == ("ana@example.com", "+1 555 0100", "Firefox")
    deal = Deal.objects.get(external_id="d1")
    assert (deal.contact, deal.form_id, deal.phone_hash, deal.company_hash) == (contact, "f7", contact.phone_hash, contact.company_hash)  # fmt: skip
    if contact_id:
        assert (contact.external_id, deal.contact_hash is None) == ("c1", False)


def test_an_imported_deal_that_was_merged_away_is_taken_back(workspace):
    later = {"updated_at": "2026-10-05T10:00:00Z", "merged_into": "d2"}
    import_deals(workspace, [read_row(ROW, DEAL), read_row(ROW | {"deal_id": "d2"}, DEAL)])
    import_deals(workspace, [read_row(ROW | later, DEAL)])
    assert dict(Deal.objects.values_list("external_id", "value")) == {"d1": 0, "d2": 5_000}
    assert sum(LedgerEntry.objects.filter(deal__external_id="d1").values_list("amount", flat=True)) == 0
    assert LedgerEntry.objects.order_by("-id")[0].reason == "merged into deal d2"
    import_deals(workspace, [read_row(ROW | {"updated_at": "2026-10-06T10:00:00Z"}, DEAL)])
    assert Deal.objects.get(external_id="d1").value == 5_000


def test_every_state_of_an_imported_deal_is_kept_as_its_history(workspace):
    states = [("Open", {}, "02"), ("Talks", {}, "03"), ("Won", {"is_won": True}, "04")]
    rows = [read_row(ROW | more | {"stage": name, "updated_at": f"2026-10-{day}T10:00:00Z"}, DEAL) for name, more, day in states]  # fmt: skip
    for _ in range(2):
        import_deals(workspace, rows)
    kept = StageChange.objects.order_by("occurred_at").values_list("stage_id", "is_won")
    assert list(kept) == [("Open", False), ("Talks", False), ("Won", True)]


@pytest.mark.parametrize("kind", ["gbraid", "wbraid", "gclid", "fbclid"])
def test_the_click_id_that_the_tag_put_into_the_form_reaches_the_lead(workspace, portal, kind):
    tag = {"stratum_click_id": "TagAa", "stratum_click_id_kind": kind, "stratum_click_id_seen_at": "1790762400000"}
    deal = tell(workspace, portal, ANA | tag)
    assert deal.click_hash == hashed(workspace.pk, "click", "TagAa")
    contact = Contact.objects.get()
    assert (contact.click_id, contact.click_id_kind) == ("TagAa", kind)
    assert contact.click_id_seen_at == datetime(2026, 9, 30, 10, tzinfo=UTC)


BOTH = {"hs_google_click_id": "Cj0KCQabc", "stratum_click_id_seen_at": ""}
TAG = {
    "stratum_click_id": "0AAAAAgbraid",
    "stratum_click_id_kind": "gbraid",
    "stratum_click_id_seen_at": "1790762400000",
}


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ([BOTH], [("IwAR0Aa", "fbclid", None), ("Cj0KCQabc", "gclid", None)]),
        ([{}, {"hs_facebook_click_id": "", **BOTH}], [("Cj0KCQabc", "gclid", None), ("IwAR0Aa", "fbclid", SEEN)]),
        ([BOTH, {}], [("IwAR0Aa", "fbclid", SEEN), ("Cj0KCQabc", "gclid", None)]),
        ([BOTH | TAG], [("0AAAAAgbraid", "gbraid", SEEN), ("IwAR0Aa", "fbclid", None)]),
        ([{}, BOTH | OLDER], [("IwAR0Aa", "fbclid", SEEN), ("Cj0KCQabc", "gclid", None)]),
        ([BOTH | {"stratum_click_id": "a" * 32}], [("IwAR0Aa", "fbclid", None), ("Cj0KCQabc", "gclid", None)]),
    ],
)  # fmt: skip
def test_a_click_id_of_each_platform_is_kept(workspace, portal, words, kept):
    for day, word in enumerate(words, 3):
        told = {**ANA, "lastmodifieddate": f"2026-10-0{day}T10:00:00Z", **word}
        deal = tell(workspace, portal, {name: value for name, value in told.items() if value})
    assert [(one.value, one.kind, one.seen_at) for one in clicks_of(Contact.objects.get().__dict__)] == kept
    assert {deal.click_hash, deal.other_click_hash} == {hashed(workspace.pk, "click", value) for value, _, _ in kept}


def test_rows_of_a_person_keep_a_click_id_of_each_platform(workspace):
    clicks = [("2026-10-02T10:00:00Z", "IwAR0Aa1"), ("2026-10-03T10:00:00Z", "Cj0KCQabc")]
    rows = [ROW | {"deal_id": at, "updated_at": at, "click_id": click} for at, click in clicks]
    import_deals(workspace, [read_row(row, DEAL) for row in rows])
    assert [one.value for one in clicks_of(Contact.objects.get().__dict__)] == ["Cj0KCQabc", "IwAR0Aa1"]
