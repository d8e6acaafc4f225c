from __future__ import annotations

from datetime import datetime

from django.db import transaction

from attribution.actions.credit.attribute_deals import Booking, post_values
from attribution.actions.deals.store_deals import WORTH_AND_WHY, save_valued, worth
from attribution.actions.deals.value_deal import value_deal, value_in_currency
from attribution.models import Deal, ExchangeRate
from stratum.core import audit
from stratum.core.models import Workspace


def revalue_deals(workspace: Workspace, rate: ExchangeRate, *, actor: str, now: datetime) -> int:
    """Gives the open deals in a currency this rate instead of the one they were frozen at; returns how many it changed.

    The only way in which a rate that a deal once got is replaced. Closed deals keep theirs. What it changes is booked today.
    """
    changed = 0
    open_deals = Deal.objects.filter(currency=rate.currency, is_closed=False, removed_at=None)
    open_deals = open_deals.exclude(amount_in_currency=None)
    for external_id in open_deals.order_by("id").values_list("external_id", flat=True):
        with transaction.atomic():
            deal = open_deals.select_for_update().filter(external_id=external_id).first()
            if deal is None:  # closed meanwhile, or told in another currency
                continue
            before = worth(deal)
            value_in_currency(workspace, deal, rate)
            value_deal(deal)
            save_valued([deal], {deal.pk: before}, WORTH_AND_WHY)
            reason = f"exchange rate of {rate.currency} on {rate.day}"
            post_values(workspace, [Booking(deal.pk, reason, now)], now=now)
            changed += worth(deal) != before
    audit.record("deals revalued", rate, actor=actor, currency=rate.currency, day=str(rate.day), deals=changed)
    return changed
