from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta

from attribution.models import Deal, Touchpoint

FORM, ADS = Touchpoint.Kind.FORM, Touchpoint.Consent.ADS
MAY_FOLLOW = timedelta(minutes=10)
"""A form that the browser tells of a little after the CRM dated its deal is still the one that made it."""
TAKEN = ("ip_hash", "fingerprint_hash", "form_id")


def take_from_form(deals: Iterable[Deal]) -> None:
    """Gives leads what their browser's last form before them told with consent to ads: address, fingerprint and form, where nothing else told these.

    No CRM carries an address or fingerprint along with a lead; without them a click on another device is never recognised.
    """
    lacking = [deal for deal in deals if deal.anonymous_hash and not deal.erased_at and _lacks(deal)]
    browsers = {deal.anonymous_hash for deal in lacking}
    forms: defaultdict[int, list[Touchpoint]] = defaultdict(list)
    sent = Touchpoint.objects.filter(kind=FORM, is_bot=False, consent__gte=ADS, anonymous_hash__in=browsers)
    for form in sent.order_by("occurred_at", "id").only("anonymous_hash", "occurred_at", *TAKEN):
        forms[form.anonymous_hash].append(form)
    filled = []
    for deal in lacking:
        before = [one for one in forms[deal.anonymous_hash] if one.occurred_at <= deal.created_at + MAY_FOLLOW]
        if before:
            told = {name: getattr(before[-1], name) for name in _lacks(deal)}
            for name, value in told.items():
                setattr(deal, name, value)
            filled += [deal] if any(told.values()) else []
    Deal.objects.bulk_update(filled, TAKEN)


def _lacks(deal: Deal) -> list[str]:
    return [name for name in TAKEN if getattr(deal, name) in (None, "")]
