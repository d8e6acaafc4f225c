from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from sampler.domain.boosts import Boost, refuse_bad_boosts
from sampler.models import AdBoost
from stratum.core.models import Ad
from stratum.core.tenancy import current_workspace_id


def write_boosts(kind: str, boosts: Sequence[Boost], *, now: datetime) -> int:
    """Puts these boosts in the place of all of their kind in the workspace; returns how many there are now.

    ValueError, before anything is written, for a boost that its kind does not allow, of another kind, or of another workspace's ad.
    """
    refuse_bad_boosts(boosts)
    others = {boost.kind for boost in boosts} - {kind}
    if others:
        raise ValueError(f"boosts of {', '.join(sorted(others))} among those of {kind}")
    ids = {boost.ad_id for boost in boosts}
    strangers = ids - set(Ad.objects.filter(pk__in=ids).values_list("pk", flat=True))
    if strangers:
        raise ValueError(f"ad {min(strangers)} is not in this workspace")
    rows = [
        AdBoost(
            workspace_id=current_workspace_id(),
            ad_id=boost.ad_id,
            kind=kind,
            factor=boost.factor,
            sentence=boost.sentence[:240],
            accounts=boost.accounts,
            roas=boost.roas,
            written_at=now,
        )
        for boost in sorted(boosts, key=lambda boost: boost.ad_id)
    ]
    with transaction.atomic():
        AdBoost.objects.filter(kind=kind).delete()
        AdBoost.objects.bulk_create(rows, batch_size=2000)
    return len(rows)
