from __future__ import annotations

from attribution.row_kinds import EXCHANGE_RATES
from stratum.core.import_command import ImportCommand


class Command(ImportCommand):
    help = "Loads exchange rates: what one unit of a currency was worth in the workspace's currency on a day."
    kind = EXCHANGE_RATES
    counted = "rates were stored"
