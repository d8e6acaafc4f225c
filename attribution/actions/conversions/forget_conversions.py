from __future__ import annotations

import json

from attribution.domain.conversions import states
from attribution.domain.user_data import meta
from attribution.domain.user_data.findings import LeftOut
from attribution.domain.user_data.person import person_of
from attribution.models import ConversionEvent


def forget_conversions(*, email: str = "", phone: str = "", region: str = "") -> int:
    """Blanks what the outbox still keeps of a person whose events came over the API, and returns how many events that were.

    Only unsettled events keep anything. Those of CRM contacts hold nothing: their person is read when they go out.
    """
    wanted = {
        (field, code) for field, text in (("em", email), ("ph", phone)) if text and (code := _hash(field, text, region))
    }
    kept = ConversionEvent.objects.exclude(body="").only("id", "body", "workspace_id")
    theirs = [event.pk for event in kept if _keys(event, region) & wanted]
    rows = ConversionEvent.objects.filter(pk__in=theirs)
    rows.exclude(status__in=(states.SENDING, states.SENT)).update(status=states.DEAD, reason="The person was erased.")
    return rows.update(body="")


def _keys(event: ConversionEvent, region: str) -> set[tuple[str, str]]:
    known = person_of(json.loads(event.body), click_id_is="fbclid").known
    found = {(field, _hash(field, text, region)) for field in ("em", "ph") for text in known.get(field, ())}
    return {key for key in found if key[1]}


def _hash(field: str, text: str, region: str) -> str:
    try:
        return meta.hashed(field, text, region)
    except LeftOut:
        return ""
