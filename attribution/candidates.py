"""The clicks that a deal's keys lead to, layer by layer, newest first and never more than a handful."""

from __future__ import annotations

from django.db import connection
from django.db.models import Q

from attribution.domain.matching import (
    DETERMINISTIC,
    FINGERPRINT,
    HALF_LIFE,
    IP,
    LAYERS,
    MODELLED,
    Candidate,
    time_decay,
)
from attribution.models import Deal, Touchpoint
from stratum.core.models import Ad

MOST_CLICKS = 50
# A key that so many clicks share says nothing about a person.
SHARED_BY_TOO_MANY = 512
MODELLED_ADS = 20
WINDOWS = {layer.name: layer.window for layer in LAYERS}

RECENT_CLICKS_BY_AD = """
    SELECT ad.id, max(click.occurred_at), sum(power(0.5::float8, extract(epoch FROM %(at)s - click.occurred_at)::float8 / %(half_life)s))
    FROM attribution_touchpoint click
    JOIN core_ad ad ON ad.workspace_id = click.workspace_id AND ad.external_id = click.ad_external_id
    WHERE click.workspace_id = %(workspace)s AND click.kind = 'ad_click' AND NOT click.is_bot AND click.occurred_at BETWEEN %(since)s AND %(at)s
    GROUP BY ad.id ORDER BY 3 DESC, 1 LIMIT %(most)s
"""


def candidates_of(deal: Deal) -> list[Candidate]:
    """Candidates of the strongest layer that has any. Only ad clicks on known ads count."""
    people = Q()
    for key in ("click", "anonymous", "email"):
        if value := getattr(deal, f"{key}_hash"):
            people |= Q(**{f"{key}_hash": value})
    return (
        (people and _clicks(deal, DETERMINISTIC, people))
        or (deal.fingerprint_hash and _clicks(deal, FINGERPRINT, Q(fingerprint_hash=deal.fingerprint_hash)))
        or (deal.ip_hash and _clicks(deal, IP, Q(ip_hash=deal.ip_hash)))
        or _modelled(deal)
    )


def _clicks(deal: Deal, layer: str, keys: Q) -> list[Candidate]:
    window = (deal.created_at - WINDOWS[layer], deal.created_at)
    clicks = Touchpoint.objects.filter(
        keys, kind=Touchpoint.Kind.AD_CLICK, is_bot=False, occurred_at__range=window
    ).exclude(ad_external_id="")
    rows = list(
        clicks.order_by("-occurred_at", "id").values_list("id", "ad_external_id", "occurred_at")[
            : SHARED_BY_TOO_MANY + 1
        ]
    )
    if len(rows) > SHARED_BY_TOO_MANY:
        return []
    rows = rows[:MOST_CLICKS]
    ads = dict(Ad.objects.filter(external_id__in={row[1] for row in rows}).values_list("external_id", "id"))
    return [Candidate(layer, ads[external], at, pk) for pk, external, at in rows if external in ads]


def _modelled(deal: Deal) -> list[Candidate]:
    values = {
        "workspace": deal.workspace_id,
        "at": deal.created_at,
        "since": deal.created_at - WINDOWS[MODELLED],
        "half_life": HALF_LIFE.total_seconds(),
        "most": MODELLED_ADS,
    }
    with connection.cursor() as cursor:
        cursor.execute(RECENT_CLICKS_BY_AD, values)
        rows = cursor.fetchall()
    # `match` weighs by the age of the latest click, so the sum is divided by that click's own weight.
    return [
        Candidate(MODELLED, ad, latest, None, weight / time_decay(deal.created_at - latest))
        for ad, latest, weight in rows
    ]
