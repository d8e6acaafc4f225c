from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.db import connection

from stratum.core.models import AdAccount, AdSetAudience

KEEP = """
    INSERT INTO core_adsetaudience (workspace_id, ad_set_id, since, audience)
    SELECT %(workspace)s, ad_set, since, audience
    FROM unnest(%(ad_sets)s::bigint[], %(days)s::date[], %(audiences)s::text[]) AS told (ad_set, since, audience)
    ORDER BY ad_set, since
    ON CONFLICT (workspace_id, ad_set_id, since) DO UPDATE SET audience = excluded.audience
    WHERE core_adsetaudience.audience IS DISTINCT FROM excluded.audience
"""


def keep_audiences(workspace_id: int, told: Mapping[tuple[int, date], str]) -> None:
    """Writes down whom ad sets were aimed at, by (our id, day). What is told of a day last holds."""
    with connection.cursor() as cursor:
        cursor.execute(
            KEEP,
            {
                "workspace": workspace_id,
                "ad_sets": [ad_set for ad_set, _ in told],
                "days": [day for _, day in told],
                "audiences": list(told.values()),
            },
        )


def keep_new_audiences(account: AdAccount, audiences: Mapping[int, str], *, day: date) -> None:
    """Writes down the audiences, by our id of the ad set, that are others on `day` than the last ones. An empty one is not told."""
    lines = AdSetAudience.objects.filter(ad_set__account=account, since__lte=day)
    last = dict(lines.order_by("ad_set_id", "-since").distinct("ad_set_id").values_list("ad_set_id", "audience"))
    new = {
        (ad_set, day): audience for ad_set, audience in audiences.items() if audience and audience != last.get(ad_set)
    }
    if new:
        keep_audiences(account.workspace_id, new)
