"""From outcomes to beliefs: rebuilt from the days themselves each turn, so a restated day or a refund counts once and a replay agrees."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from learning.loops.actuals import actuals, counted_sales
from sampler.actions.write_beliefs import write_beliefs
from sampler.domain.rebuild import rebuilt_beliefs
from stratum.core.models import AdAccount


@dataclass(frozen=True)
class Learnt:
    ads: int
    changed: int
    sentence: str


def thompson_update(account: AdAccount, *, until: date, now: datetime) -> Learnt:
    """Updates the beliefs of an account's ads as of the end of `until`. Doing it again changes nothing."""
    outcomes = actuals(account, until)
    figures = {
        name: np.asarray(getattr(outcomes, name), dtype=np.float64)
        for name in ("impressions", "clicks", "spend", "revenue")
    }
    figures["conversions"] = counted_sales(outcomes)
    beliefs = rebuilt_beliefs(outcomes.ad_id, outcomes.day, figures, as_of=until.toordinal())
    changed = write_beliefs(beliefs, now=now)
    brought, clicks = figures["conversions"].sum(), figures["clicks"].sum()
    sentence = f"{account.name}: {len(beliefs)} {'ad' if len(beliefs) == 1 else 'ads'} as of {until}, {changed} of them changed, from {clicks:,.0f} clicks and {brought:,.1f} {account.workspace.results}."
    return Learnt(len(beliefs), changed, sentence)
