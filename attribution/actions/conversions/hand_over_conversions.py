from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from attribution.actions.conversions.decide_conversion import GIVEN_UP
from attribution.domain.conversions import states
from attribution.domain.conversions.conversion import PURCHASE
from attribution.models import ConversionEvent, Deal

WAITING = (states.QUEUED, states.HELD)
MAYBE_TOLD = (states.SENDING, states.PROCESSING, states.SENT, states.UNKNOWN)
MERGED, TOLD_BEFORE = "Its deal was merged into another.", "A deal that was merged into its own told it already."


@transaction.atomic
def hand_over_conversions(merged: Mapping[str, str]) -> None:
    """Makes what was told of deals that were merged away the history of the deal they went into, so that it is told once.

    `merged`: the external id of each deal that is gone → of the one it went into; pairs whose deals are not both stored are passed
    over. What was not told yet is told of the new deal, by its own stages. The rows are locked, so that no worker sends them meanwhile.
    """
    merged = {one: other for one, other in merged.items() if one != other}
    ends = {*merged, *merged.values()}
    keys = dict(Deal.objects.filter(external_id__in=ends).values_list("external_id", "pk")) if ends else {}
    into = {keys[one]: keys[last] for one in merged if one in keys and (last := _last(one, merged)) in keys}
    if not into:
        return
    rows = ConversionEvent.objects.select_for_update().order_by("id")
    told = set()
    parts = list(rows.filter(deal__in=into))
    for event in parts:
        if event.status in WAITING:
            event.status, event.reason = states.DEAD, MERGED
        elif event.status in MAYBE_TOLD or event.reason.startswith(GIVEN_UP):
            event.deal_id = into[event.deal_id]
            told.add(_what(event))
    own = [event for event in rows.filter(deal__in=into.values(), status__in=WAITING) if _what(event) in told]
    for event in own:
        event.status, event.reason = states.DEAD, TOLD_BEFORE
    ConversionEvent.objects.bulk_update([*parts, *own], ["deal", "status", "reason"], batch_size=500)


def _last(one: str, merged: Mapping[str, str]) -> str:
    """The deal at the end of a chain of merges; nothing where they go round in a circle."""
    last, seen = one, {one}
    while (following := merged.get(last)) and following not in seen:
        seen.add(following)
        last = following
    return "" if last in merged else last


def _what(event: ConversionEvent) -> tuple[int, int | None, str, datetime | None]:
    """A deal has one lead and one purchase; a stage may be entered several times."""
    once = event.name == PURCHASE or event.stage_change_id is None
    return event.destination_id, event.deal_id, event.name, None if once else event.occurred_at
