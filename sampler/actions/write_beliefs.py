from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from sampler.domain.belief import Belief
from sampler.models import AdBelief
from stratum.core.models import Ad
from stratum.core.tenancy import current_workspace_id

WRITTEN = ("state", "as_of_date", "version", "updated_at")


def write_beliefs(beliefs: Mapping[int, Belief], *, now: datetime) -> int:
    """Stores beliefs by ad id and returns how many changed. Writing the same beliefs again changes nothing.

    Ads of another workspace are refused with ValueError.
    """
    stored = {row.ad_id: row for row in AdBelief.objects.filter(ad_id__in=beliefs)}
    changed = {
        ad_id: belief
        for ad_id, belief in beliefs.items()
        if ad_id not in stored or stored[ad_id].state != belief.state()
    }
    strangers = changed.keys() - set(Ad.objects.filter(pk__in=changed).values_list("pk", flat=True))
    if strangers:
        raise ValueError(f"ad {min(strangers)} is not in this workspace")
    rows = [
        AdBelief(
            workspace_id=current_workspace_id(),
            ad_id=ad_id,
            state=belief.state(),
            as_of_date=date.fromordinal(belief.as_of),
            version=stored[ad_id].version + 1 if ad_id in stored else 1,
            updated_at=now,
        )
        for ad_id, belief in sorted(changed.items())
    ]
    AdBelief.objects.bulk_create(
        rows, batch_size=2000, update_conflicts=True, update_fields=WRITTEN, unique_fields=["workspace", "ad"]
    )
    return len(rows)
