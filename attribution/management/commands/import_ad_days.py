from __future__ import annotations

from attribution.actions.ads.import_ad_days import import_ad_days
from attribution.row_fields import AD_DAY, AD_DAY_ALIASES
from stratum.core.import_command import ImportCommand
from stratum.core.models import AdDay, Workspace


class Command(ImportCommand):
    help = "Loads what ads did on each day. A row is known by its day and ad: importing a file again changes nothing."
    fields, aliases = AD_DAY, AD_DAY_ALIASES
    revenue_source = Workspace.RevenueSource.PLATFORM
    counted = "ad-days are new or changed"
    tables = (AdDay,)
    store = staticmethod(import_ad_days)
