from __future__ import annotations

from django.db.models import Count, QuerySet

from attribution.models import Touchpoint


def of_unknown_ads() -> QuerySet[Touchpoint]:
    """Clicks of people on ads that neither an account nor a file of ad-days has told of: until then they earn nothing."""
    clicks = Touchpoint.objects.filter(ad=None, kind=Touchpoint.Kind.AD_CLICK, is_bot=False)
    return clicks.exclude(ad_external_id="")


def clicks_of_unknown_ads() -> tuple[int, int]:
    """How many such clicks there are, and how many ads they name."""
    found = of_unknown_ads().aggregate(clicks=Count("id"), ads=Count("ad_external_id", distinct=True))
    return found["clicks"], found["ads"]
