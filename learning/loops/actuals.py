"""What the ads did: the outcomes that every other loop learns from."""

from __future__ import annotations

from dataclasses import fields
from datetime import date

import numpy as np
from numpy.typing import NDArray

from attribution.domain.outcomes import AdDayOutcomes
from attribution.selectors import ad_day_outcomes
from stratum.core.models import Ad, AdAccount
from stratum.core.periods import Period

HISTORY_DAYS = 120
"""Older days would weigh less than 0.3 % with the beliefs' half-life of 14 days."""


def actuals(account: AdAccount, until: date) -> AdDayOutcomes:
    """The outcomes of the account's ads over the last 120 days up to `until`; what no ad explains and no campaign's budget pays is left out."""
    every = ad_day_outcomes(Period.last(HISTORY_DAYS, end=until))
    ads = Ad.objects.filter(account=account).exclude(is_remainder=True, ad_set__campaign__daily_budget=None)
    own = np.isin(every.ad_id, list(ads.values_list("pk", flat=True)))
    return AdDayOutcomes(**{field.name: getattr(every, field.name)[own] for field in fields(every)})


def counted_sales(outcomes: AdDayOutcomes) -> NDArray[np.float64]:
    """Conversions a row. Where the source tells revenue but no conversions at all, a day with revenue counts as one."""
    told = bool(np.any(outcomes.conversions > 0))
    return outcomes.conversions if told else (outcomes.revenue > 0).astype(np.float64)
