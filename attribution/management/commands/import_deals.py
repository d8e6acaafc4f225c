from __future__ import annotations

from attribution.actions.deals.import_deals import import_deals
from attribution.models import (
    CalibrationCell,
    Contact,
    Deal,
    DealValuation,
    IdentityEdge,
    LedgerEntry,
    PersonKey,
    StageChange,
)
from attribution.row_fields import DEAL
from stratum.core.import_command import ImportCommand


class Command(ImportCommand):
    help = "Loads deals, one row a state; the newest state of each deal counts."
    fields = DEAL
    counted = "deals were stored and matched"
    tables = (CalibrationCell, Contact, Deal, DealValuation, IdentityEdge, LedgerEntry, PersonKey, StageChange)
    store = staticmethod(import_deals)
