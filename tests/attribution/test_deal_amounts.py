from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import transaction

from attribution.actions.crm.parse_inbox import parse_inbox
from attribution.actions.crm.store_crm_deals import store_crm_deals
from attribution.models import DeadLetter, Deal
from stratum.platforms.hubspot_objects import CrmContact, CrmDeal, CrmStage, present
from tests.attribution.deliveries import deliver

CRM_BODIES = sorted((Path(__file__).parent / "hubspot").glob("crm_api_*"))

AT = {"createdate": "2026-10-01T10:00:00Z", "hs_lastmodifieddate": "2026-10-02T10:00:00Z"}


@pytest.mark.parametrize(
    ("home", "told", "amount", "unvalued"),
    [
        ("", {"amount": "100.50"}, 10_050, ""),
        ("", {"amount": "100.50", "deal_currency_code": "usd"}, 10_050, ""),
        ("", {"amount": "100", "deal_currency_code": "EUR", "amount_in_home_currency": "108"}, 10_800, ""),
        ("", {"amount": "100", "deal_currency_code": "EUR"}, None, "its amount in EUR has no value in USD"),
        ("EUR", {"amount": "100", "deal_currency_code": "USD", "amount_in_home_currency": "92"}, 10_000, ""),
        ("EUR", {"amount": "100"}, None, "its amount in EUR has no value in USD"),
        ("EUR", {"amount": "100", "deal_currency_code": "GBP", "amount_in_home_currency": "118"}, None, "its amount in GBP has no value in USD"),
        ("", {}, None, "it has no amount"),
        ("", {"amount": "0"}, 0, ""),
        ("", {"amount": "NaN"}, None, "its amount is not a number"),
        ("", {"amount": "-12.345"}, -1_235, ""),
    ],
)  # fmt: skip
def test_an_amount_counts_in_the_workspaces_currency_or_not_at_all(workspace, portal, home, told, amount, unvalued):
    portal.home_currency = home
    with transaction.atomic():
        won = CrmDeal("7", {**AT, **told, "hs_is_closed": "true", "hs_is_closed_won": "true"})
        store_crm_deals(workspace, portal, [won], {})
    assert Deal.objects.values_list("amount", "unvalued_because").get() == (amount, unvalued)


def rows_of(kind):
    body = next(path for path in CRM_BODIES if kind in path.name).read_text()
    return [(row["id"], present(row["properties"])) for row in json.loads(body)["results"]]


def test_real_crm_objects_are_stored_and_valued(workspace, portal):
    contacts = tuple(CrmContact(one, properties) for one, properties in rows_of("contacts"))
    stages = {("default", "qualifiedtobuy"): CrmStage("default", "qualifiedtobuy", "Qualified", Decimal("0.4"), False)}
    with transaction.atomic():
        deals = [CrmDeal(deal_id, properties, contacts) for deal_id, properties in rows_of("deals")]
        store_crm_deals(workspace, portal, deals, stages)
    stored = Deal.objects.order_by("external_id").values_list("external_id", "amount", "value", "is_closed")
    assert list(stored) == [("6744192456", 50_000, 20_000, False), ("6744457152", 323_300, 129_320, False)]
    assert not Deal.objects.filter(email_hash=None).exists()


@pytest.mark.parametrize("path", CRM_BODIES, ids=lambda path: path.stem)
def test_a_signed_body_that_is_no_delivery_is_taken_and_named(client, portal, path):
    assert deliver(client, path.read_bytes()).status_code == 200
    parse_inbox()
    assert DeadLetter.objects.get().reason == "not a list of events: the body is a dict"
