from __future__ import annotations

import pytest
from django.db import transaction

from attribution.actions.store_deal import store_crm_deal
from attribution.models import Deal
from stratum.platforms.hubspot import CrmDeal

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
        store_crm_deal(
            workspace, portal, CrmDeal("7", {**AT, **told, "hs_is_closed": "true", "hs_is_closed_won": "true"}), {}
        )
    assert Deal.objects.values_list("amount", "unvalued_because").get() == (amount, unvalued)
