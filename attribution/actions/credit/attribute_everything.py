"""Every deal of a workspace matched anew, after files were loaded or the evidence as a whole has changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Max

from attribution.actions.credit.attribute_deals import attribute_deals
from attribution.actions.credit.learn_matching import learn_matching
from attribution.actions.credit.model_rest import model_rest
from attribution.actions.deals.value_again import value_deals_again
from attribution.actions.touches.make_clicked_ads import make_clicked_ads
from attribution.models import (
    AdPull,
    Calibration,
    CalibrationCell,
    Deal,
    DealRefresh,
    FormFit,
    IdentityEdge,
    Layer,
    LedgerEntry,
    MatchingSettings,
    ModelledRun,
    PersonKey,
    Touchpoint,
)
from attribution.selectors.layers import by_layer
from stratum.core.models import Workspace
from stratum.core.periods import EVER
from stratum.core.planner import analyse

AT_ONCE = 2000
EVIDENCE = (Touchpoint, IdentityEdge, PersonKey, Deal, LedgerEntry, CalibrationCell, AdPull, FormFit)


@dataclass(frozen=True)
class Attributed:
    deals: int
    lines: int
    """That were posted, because something other than what stood should stand."""
    ads_made: int
    learnt: Calibration | None
    """None where too few leads have a known person: then the newest version there is was used."""
    rest: ModelledRun | None
    layers: dict[Layer, Decimal]
    """Revenue in the workspace's currency; together all that is booked."""


def attribute_everything(
    workspace: Workspace,
    *,
    now: datetime,
    until: datetime | None = None,
    progress: Callable[[int], object] = lambda done: None,
) -> Attributed:
    """Learns matching from leads before `until` (else the last one), matches all deals and spreads the rest.

    `progress` is called with the number of deals of every chunk. Each chunk is a transaction: it may be stopped and run again.
    """
    ads_made = make_clicked_ads(workspace)
    waiting = dict(DealRefresh.objects.filter(reread=False).values_list("pk", "version"))
    analyse(*EVIDENCE)
    learnt = learn_matching(workspace, until=until or _last_lead(now))
    analyse(*EVIDENCE)
    deals = lines = 0
    last = ""
    while ids := list(
        Deal.objects.filter(external_id__gt=last)
        .order_by("external_id")
        .values_list("external_id", flat=True)[:AT_ONCE]
    ):
        with transaction.atomic():
            lines += attribute_deals(workspace, value_deals_again(workspace, ids, now=now), now=now)
        last, deals = ids[-1], deals + len(ids)
        progress(len(ids))
    _settle(waiting)
    return Attributed(deals, lines, ads_made, learnt, model_rest(workspace, now=now), by_layer(EVER))


def set_anchor(workspace: Workspace, share: float, *, source: str) -> None:
    """The share of leads that ads brought, as an experiment has measured it. ValueError outside 0 to 1."""
    if not 0 <= share <= 1:
        raise ValueError(f"the ad-driven share is a share, between 0 and 1, not {share}")
    MatchingSettings.objects.update_or_create(
        workspace=workspace, defaults={"ad_driven_share": share, "ad_driven_share_source": source}
    )


def _last_lead(now: datetime) -> datetime:
    """Files may end long before today, and what is learnt from are the last months that they tell of."""
    newest = Deal.objects.aggregate(newest=Max("created_at"))["newest"] or now
    return min(now, newest + timedelta(seconds=1))


@transaction.atomic
def _settle(waiting: dict[int, int]) -> None:
    """What waited to be matched when this began is matched now; what was told meanwhile waits on."""
    still = DealRefresh.objects.select_for_update().filter(pk__in=waiting, reread=False).values_list("pk", "version")
    DealRefresh.objects.filter(pk__in=[pk for pk, version in still if version == waiting[pk]]).delete()
