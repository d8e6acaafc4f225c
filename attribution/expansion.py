"""Layer 3 for one deal at a time: the aggregate that is modelled for a day and a form, read once and kept for every deal of it."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import numpy as np
from django.db.models import Max

from attribution.models import Calibration, LedgerEntry, MatchingSettings, ModelledRun
from attribution.rest import Rest, read_rest
from stratum.core.models import Workspace


class Expansion:
    """What of an unattributed lead of a day and a form goes to each ad; `ads` holds their ids."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest
        self._kept: dict[tuple[date, str], np.ndarray] = {}
        self.ads = rest.ads

    def of(self, day: date, form: str) -> np.ndarray:
        if (day, form) not in self._kept:
            self._kept[day, form] = self._rest.of_lead(day, form)
        return self._kept[day, form]


def expansion_of(workspace: Workspace) -> Expansion | None:
    """From the newest calibration, the anchor in force and the ledger as it stands.

    None before anything was learnt, and where the ad platform says what was earned: there no deal is to be explained.
    """
    calibration = Calibration.objects.order_by("-version").first()
    if calibration is None or workspace.revenue_source != Workspace.RevenueSource.CRM:
        return None
    settings = MatchingSettings.objects.first()
    run = ModelledRun.objects.order_by("-run").values_list("run", "made_at").first()
    # The spread of a run holds until the next one; before the first, until the ledger moves.
    stands = run or LedgerEntry.objects.aggregate(newest=Max("id"))["newest"]
    return _read(workspace, calibration, settings.ad_driven_share if settings else None, stands)


@lru_cache(maxsize=2)
def _read(workspace: Workspace, calibration: Calibration, anchor: float | None, stands: object) -> Expansion:
    """`stands` tells one state of the ledger from the next."""
    return Expansion(read_rest(workspace, calibration, anchor))
