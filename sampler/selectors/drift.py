from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from attribution.selectors import trend
from sampler.domain.drift import return_spread
from stratum.core.models import AdAccount, Workspace
from stratum.core.periods import Period

LOOKED_BACK_DAYS = 42
# The deals that the last days started are still to come, which is no drift.
YOUNG_DAYS = 7


def drift_of(account: AdAccount, day: date) -> float:
    """The spread of the account's daily return around what its past promised, as of `day`."""
    young = YOUNG_DAYS if account.workspace.revenue_source == Workspace.RevenueSource.CRM else 0
    days = trend(Period.last(LOOKED_BACK_DAYS, end=day - timedelta(days=young)), account=account.pk)
    spend = np.array([float(one.figures.spend) for one in days])
    return return_spread(spend, np.array([float(one.figures.revenue) for one in days]))
