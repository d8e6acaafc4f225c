from __future__ import annotations

from attribution.actions.deals.import_exchange_rates import import_exchange_rates
from attribution.row_fields import EXCHANGE_RATE
from stratum.core.import_command import ImportCommand


class Command(ImportCommand):
    help = "Loads exchange rates: what one unit of a currency was worth in the workspace's currency on a day."
    fields = EXCHANGE_RATE
    counted = "rates were stored"
    store = staticmethod(import_exchange_rates)
