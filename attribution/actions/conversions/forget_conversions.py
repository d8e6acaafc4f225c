from __future__ import annotations

import json
from collections.abc import Set

from attribution.domain.conversions import states
from attribution.domain.identity import Key
from attribution.domain.user_data.person import person_of
from attribution.identity import keys_naming
from attribution.models import ConversionEvent

ERASED = "The person was erased."


def forget_conversions(keys: Set[Key]) -> int:
    """Blanks what the outbox still keeps of a person whose events came over the API, and returns how many events that were.

    Only unsettled events keep anything. Those of CRM contacts hold nothing: their person is read when they go out.
    """
    kept = ConversionEvent.objects.exclude(body="").select_related("destination")
    theirs = [event.pk for event in kept if _keys(event) & keys]
    rows = ConversionEvent.objects.filter(pk__in=theirs)
    rows.exclude(status__in=(states.SENDING, states.SENT)).update(status=states.DEAD, reason=ERASED)
    return rows.update(body="")


def _keys(event: ConversionEvent) -> set[Key]:
    person = person_of(json.loads(event.body), click_id_is="fbclid")
    return keys_naming(event.workspace_id, person, event.destination.default_region)
