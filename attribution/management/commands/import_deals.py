from __future__ import annotations

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
from attribution.row_kinds import DEALS
from stratum.core.import_command import ImportCommand


class Command(ImportCommand):
    help = "Loads deals, one row a state; the newest state of each deal counts."
    kind = DEALS
    counted = "deals were stored and matched"
    tables = (CalibrationCell, Contact, Deal, DealValuation, IdentityEdge, LedgerEntry, PersonKey, StageChange)
