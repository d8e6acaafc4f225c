from __future__ import annotations

from collections.abc import Sequence

from attribution.actions.credit.match_again import match_again_for_touches
from attribution.domain.remainders import NOT_BY_AD, remainder_id
from attribution.models import Touchpoint
from stratum.core.models import Ad, AdAccount, AdSet, Campaign


def tie_to_campaigns(touchpoint_ids: Sequence[str] | None = None) -> int:
    """Ties clicks that name no known ad to their campaign, so that it is credited; returns how many.

    Such clicks are tied to the campaign's line of what no ad explains. One that names an ad keeps waiting for it where only files tell
    of the campaign. `touchpoint_ids`: the clicks to look at, None for all.
    """
    clicks = Touchpoint.objects.filter(ad=None, kind=Touchpoint.Kind.AD_CLICK, is_bot=False).exclude(
        campaign_external_id=""
    )
    if touchpoint_ids is not None:
        clicks = clicks.filter(touchpoint_id__in=touchpoint_ids)
    named = set(clicks.values_list("campaign_external_id", flat=True).distinct())
    if not named:
        return 0
    tied = 0
    campaigns = (
        Campaign.objects.filter(external_id__in=named).select_related("account").order_by("-account__platform", "id")
    )
    for campaign in {one.external_id: one for one in campaigns}.values():
        its = clicks.filter(campaign_external_id=campaign.external_id)
        if campaign.account.platform == AdAccount.Platform.IMPORT:
            its = its.filter(ad_external_id="")
        ids = list(its.values_list("id", flat=True))
        if ids:
            ad = stand_in(campaign)
            tied += Touchpoint.objects.filter(pk__in=ids).update(ad=ad)
            match_again_for_touches(ids)
    return tied


def stand_in(campaign: Campaign) -> Ad:
    """The line that stands for what the campaign did and no ad explains: its spend, and the clicks that name no ad of it."""
    owner = {"workspace_id": campaign.workspace_id, "account_id": campaign.account_id}
    key = {"external_id": remainder_id(campaign.external_id)[:160]}
    named = {"name": f"{campaign.name}: {NOT_BY_AD.lower()}"[:240], "status": campaign.status}
    ad_set, _ = AdSet.objects.get_or_create(**owner, **key, defaults={**named, "campaign": campaign})
    ad, _ = Ad.objects.get_or_create(**owner, **key, defaults={**named, "ad_set": ad_set, "is_remainder": True})
    return ad
