from __future__ import annotations

from attribution.models import IdentityEdge, PersonKey, Touchpoint
from attribution.row_kinds import TOUCHPOINTS
from attribution.selectors import clicks_of_unknown_ads
from stratum.core.import_command import ImportCommand


class Command(ImportCommand):
    help = "Loads touchpoints. Each touchpoint_id counts once; deals that a late click explains are matched again."
    kind = TOUCHPOINTS
    counted = "touchpoints are new"
    tables = (Touchpoint, IdentityEdge, PersonKey)

    def remark(self) -> str:
        clicks, ads = clicks_of_unknown_ads()
        if not clicks:
            return ""
        return (
            f"{clicks:,} clicks name {ads:,} ads that are not known yet. They earn once the ads are: import their days, "
            "connect their account, or run `attribute`, which makes them where no account is connected."
        )
