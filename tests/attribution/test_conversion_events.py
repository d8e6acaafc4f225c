"""The event as it is sent, rule by rule, before any platform has seen it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from attribution.domain.conversions.conversion import Conversion, LimitedUse, no_consent
from attribution.domain.conversions.google_event import google_event
from attribution.domain.conversions.meta_event import meta_event
from attribution.domain.user_data.person import Person

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MARY = Person({"em": ("mary@example.com",)})


def conversion(**changes):
    good = {"name": "Qualified", "event_id": "e1", "occurred_at": NOW - timedelta(hours=1), "person": MARY}
    return Conversion(**{**good, **changes})


def told(limited_use=LimitedUse(), **changes):  # noqa: B008
    return meta_event(conversion(**changes), region="", limited_use=limited_use, now=NOW)


def test_a_stage_of_the_crm_carries_the_constants_without_which_it_never_counts():
    body = told().body
    assert told().stopped_by is None
    assert body["action_source"] == "system_generated"
    assert body["custom_data"] == {"event_source": "crm", "lead_event_source": "HubSpot"}
    assert (body["event_time"], body["event_id"]) == (int((NOW - timedelta(hours=1)).timestamp()), "e1")
    assert set(body["user_data"]) == {"em"}


def test_a_purchase_carries_its_value():
    custom = told(name="Purchase", value=Decimal("12.50"), currency="usd", more={"order_id": "7"}).body["custom_data"]
    assert custom == {"order_id": "7", "value": 12.5, "currency": "USD", "event_source": "crm", "lead_event_source": "HubSpot"}  # fmt: skip


PAGE = {"action_source": "website", "source_url": "https://shop.example/"}
APP = {"app_data": {"advertiser_tracking_enabled": 1, "application_tracking_enabled": 1, "extinfo": ["i2"]}}
BROWSER = Person({"em": ("mary@example.com",), "client_user_agent": ("Mozilla/5.0",)})


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": ""}, "nameless"),
        ({"action_source": "crm"}, "unknown_source"),
        ({"occurred_at": NOW - timedelta(days=7)}, None),
        ({"occurred_at": NOW - timedelta(days=7, seconds=1)}, "too_old"),
        ({"occurred_at": NOW - timedelta(days=61), "action_source": "physical_store"}, None),
        ({"occurred_at": NOW - timedelta(days=63), "action_source": "physical_store"}, "too_old"),
        ({"occurred_at": NOW + timedelta(seconds=30)}, None),
        ({"occurred_at": NOW + timedelta(minutes=2)}, "in_the_future"),
        ({"lead_at": NOW - timedelta(hours=1)}, None),
        ({"lead_at": NOW}, "before_its_lead"),
        ({"name": "Purchase"}, "purchase_without_value"),
        ({"name": "Purchase", "value": Decimal(3)}, "purchase_without_value"),
        ({"name": "Purchase", "value": Decimal(0), "currency": "USD"}, None),
        ({"value": Decimal(-3), "currency": "USD"}, "negative_value"),
        ({"person": BROWSER, **PAGE}, None),
        (PAGE, "website_without_page"),
        ({"person": BROWSER, "action_source": "website"}, "website_without_page"),
        ({"person": Person({"fn": ("Mary",), "ge": ("f",)})}, "nobody"),
        ({"person": Person()}, "nobody"),
        ({"value": Decimal(3)}, "value_without_currency"),
        ({"action_source": "app"}, "app_without_its_data"),
        ({"action_source": "app", "passed_on": {"app_data": {"extinfo": []}}}, "app_without_its_data"),
        ({"action_source": "app", "passed_on": APP}, None),
        ({"action_source": "business_messaging"}, "message_without_its_channel"),
        (
            {"action_source": "business_messaging", "passed_on": {"messaging_channel": "fax"}},
            "message_without_its_channel",
        ),
        ({"action_source": "business_messaging", "passed_on": {"messaging_channel": "whatsapp"}}, None),
    ],
)
def test_what_meta_would_refuse_is_stopped_before(changes, code):
    stopped = told(**changes).stopped_by
    assert (stopped.code if stopped else None) == code


def test_what_an_event_says_of_limited_data_use_comes_first():
    event = conversion(limited_use=LimitedUse())
    body = meta_event(event, region="", limited_use=LimitedUse(on=True, country=1, state=1000), now=NOW).body
    assert body["data_processing_options"] == []


def test_limited_data_use_is_said_either_way():
    assert told().body["data_processing_options"] == []
    body = told(LimitedUse(on=True, country=1, state=1000)).body
    assert body["data_processing_options"] == ["LDU"]
    assert (body["data_processing_options_country"], body["data_processing_options_state"]) == (1, 1000)


@pytest.mark.parametrize(
    ("consent", "needed", "held"),
    [(2, True, False), (2, False, False), (1, False, True), (0, False, True), (None, True, True), (None, False, False)],
)
def test_whoever_said_no_is_never_told_of(consent, needed, held):
    assert bool(no_consent(conversion(consent=consent), needed=needed)) == held


def test_google_gets_its_own_shape():
    person = Person({"em": ("Mary.Ann+x@gmail.com",), "gclid": ("AbC",), "client_user_agent": ("Mozilla/5.0",)})
    body = google_event(conversion(name="Purchase", person=person, value=Decimal("9.90"), currency="EUR", consent=2), region="", now=NOW).body  # fmt: skip
    assert (body["transactionId"], body["eventTimestamp"]) == ("e1", "2026-11-20T11:00:00Z")
    assert body["adIdentifiers"] == {"gclid": "AbC", "landingPageDeviceInfo": {"userAgent": "Mozilla/5.0"}}
    assert (body["conversionValue"], body["currency"]) == (9.9, "EUR")
    assert body["consent"] == {"adUserData": "CONSENT_GRANTED", "adPersonalization": "CONSENT_GRANTED"}
    assert list(body["userData"]["userIdentifiers"][0]) == ["emailAddress"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"occurred_at": NOW - timedelta(days=30)}, None),
        ({"occurred_at": NOW - timedelta(days=91)}, "too_old"),
        ({"person": Person({"fbclid": ("x",)})}, "nobody"),
        ({"person": Person({"gclid": ("x",)})}, None),
        ({"person": Person({"gclid": ("x",)}, NOW - timedelta(hours=2))}, None),
        ({"person": Person({"gclid": ("x",)}, NOW - timedelta(minutes=5))}, "nobody"),
        ({"person": Person({"wbraid": ("x",)}, NOW + timedelta(days=99))}, "nobody"),
        ({"action_source": "crm"}, "unknown_source"),
        ({"action_source": "app", "passed_on": APP}, "not_passed_on"),
        ({"limited_use": LimitedUse(on=True)}, "not_passed_on"),
    ],
)
def test_what_google_would_refuse_is_stopped_before(changes, code):
    stopped = google_event(conversion(**changes), region="", now=NOW).stopped_by
    assert (stopped.code if stopped else None) == code


def test_a_later_click_is_left_out_and_an_earlier_one_is_told():
    clicks = {"gclid": NOW, "wbraid": NOW - timedelta(days=1)}
    person = Person({"em": ("mary@example.com",), "gclid": ("Late",), "wbraid": ("Early",)}, clicks_at=clicks)
    event = google_event(conversion(person=person), region="", now=NOW)
    assert event.body["adIdentifiers"] == {"wbraid": "Early"}
    assert [(one.field, one.stops) for one in event.findings] == [("gclid", False)]


def test_custom_data_that_google_has_no_field_for_is_named():
    event = google_event(conversion(more={"order_id": "7"}), region="", now=NOW)
    assert [(one.field, one.code, one.stops) for one in event.findings] == [
        ("custom_data.order_id", "not_passed_on", False)
    ]
