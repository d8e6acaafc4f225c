from __future__ import annotations

from attribution.actions.ads.import_ad_days import imported_account
from attribution.actions.ads.store_ad_days import make_clicked
from attribution.selectors.unknown_ads import of_unknown_ads
from stratum.core.models import AdAccount, Workspace


def make_clicked_ads(workspace: Workspace) -> int:
    """Makes the ads that clicks name and nobody has told of, so that they earn credit; returns how many.

    Only where no platform's account is connected: there the account knows its ads, and one that it does not have is not its own.
    They lie under “Imported ads” until a file of ad-days tells where they belong.
    """
    if AdAccount.objects.exclude(platform=AdAccount.Platform.IMPORT).exists():
        return 0
    rows = (
        of_unknown_ads()
        .values_list("ad_external_id", "campaign_external_id")
        .order_by("ad_external_id", "-campaign_external_id")
    )
    named = dict(rows.distinct())
    if named:
        make_clicked(imported_account(workspace), named)
    return len(named)
