from __future__ import annotations

from attribution.actions.record_touchpoints import record_touchpoints
from attribution.row_fields import TOUCHPOINT
from stratum.core.import_command import ImportCommand


class Command(ImportCommand):
    help = "Loads touchpoints. Each touchpoint_id counts once; deals that a late click explains are matched again."
    fields = TOUCHPOINT
    counted = "touchpoints are new"
    store = staticmethod(record_touchpoints)
