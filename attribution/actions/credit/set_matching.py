"""What a workspace lets its matching do, and what it knows about its ads from an experiment."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from attribution.actions.crm.queue_deals import queue_deals
from attribution.models import Deal, MatchingSettings
from stratum.core import audit
from stratum.core.models import Workspace

MATCH_AGAIN = timedelta(days=180)
"""Deals older than that keep the credits that they have."""
OF_MATCHING = frozenset(
    {"use_fingerprint", "use_ip", "use_company", "probable_needs_ads_consent", "regions_without_probable"}
)


class AnchorRefused(ValueError):
    """A share of ad-driven leads that cannot be used."""


@transaction.atomic
def set_matching(workspace: Workspace, *, actor: str, now: datetime, **wanted: Any) -> int:
    """Sets some fields of MatchingSettings, on the audit trail; the rest keep their values. Returns how many deals are matched again.

    A switch that matching obeys queues the deals of the last 180 days. A new anchor moves no deal by itself: the next
    spreading of the modelled layer takes it, and the next night's learning where clicks explain more leads than it allows. AnchorRefused where the share is not one, or where nobody says who measured it.
    """
    settings, _ = MatchingSettings.objects.select_for_update().get_or_create(workspace=workspace)
    before = {name: getattr(settings, name) for name in wanted}
    changed = {name: value for name, value in wanted.items() if value != before[name]}
    if not changed:
        return 0
    for name, value in changed.items():
        setattr(settings, name, value)
    if settings.ad_driven_share is None:
        settings.ad_driven_share_source = ""
    elif not 0 <= settings.ad_driven_share <= 1:
        raise AnchorRefused("The share of ad-driven leads lies between 0 and 1.")
    elif not settings.ad_driven_share_source.strip():
        raise AnchorRefused("Say where the share of ad-driven leads comes from.")
    settings.full_clean()
    settings.save()
    audit.record("matching set", settings, actor=actor, before={name: before[name] for name in changed}, after=changed)
    return _match_again(now) if OF_MATCHING & changed.keys() else 0


def _match_again(now: datetime) -> int:
    recent = Deal.objects.filter(created_at__gte=now - MATCH_AGAIN).values_list("external_id", flat=True)
    deal_ids = list(recent)
    queue_deals(None, deal_ids, reread=False)
    return len(deal_ids)
