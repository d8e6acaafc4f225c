from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np

from attribution.selectors import ad_day_outcomes, maturity
from sampler.domain.cards import ChangeCard
from sampler.domain.seen_and_expected import DAYS, Lately, why_they_differ
from sampler.selectors.budgets import holder_key, holders_of_ads
from stratum.core.models import AdAccount, Workspace
from stratum.core.periods import Period

TOO_YOUNG = 0.05
"""A part of a day's revenue that says too little to be divided by."""


def with_lately(cards: Sequence[ChangeCard], *, now: datetime) -> list[ChangeCard]:
    """The same cards with what their budgets returned in the last seven full days before the plan's day, and why that differs."""
    accounts = {
        one.pk: one
        for one in AdAccount.objects.filter(pk__in={card.account_id for card in cards}).select_related("workspace")
    }
    seen: dict[tuple[Period, int], Lately] = {}
    for account in accounts.values():
        for period in {_period(card, account) for card in cards if card.account_id == account.pk}:
            seen |= {(period, key): lately for key, lately in _by_holder(account, period, now).items()}
    told = []
    for card in cards:
        period = _period(card, accounts[card.account_id])
        lately = seen.get((period, holder_key(card.target_kind, card.target_id)))
        told.append(
            replace(
                card,
                lately=lately,
                why=why_they_differ(lately, card.standing.mean, card.grounds) if card.standing and card.grounds else (),
            )
        )
    return told


def _period(card: ChangeCard, account: AdAccount) -> Period:
    """A file's last day is over; a connected account's plan is for a day that is not."""
    is_file = account.platform == AdAccount.Platform.IMPORT
    return Period.last(DAYS, end=card.day if is_file else card.day - timedelta(days=1))


def _by_holder(account: AdAccount, period: Period, now: datetime) -> dict[int, Lately]:
    outcomes, holders = ad_day_outcomes(period), holders_of_ads([account])
    curve = maturity(now=now) if account.workspace.revenue_source == Workspace.RevenueSource.CRM else None
    known = np.isin(outcomes.ad_id, list(holders))
    keys = np.array([holders[ad].key for ad in outcomes.ad_id[known].tolist()], dtype=np.int64)
    ripens = account.workspace.revenue_source == Workspace.RevenueSource.CRM
    days = period.start.toordinal() + np.arange(period.length)
    share = (
        np.array([curve.share_of(day) for day in period.days()])
        if curve
        else np.full(len(days), 0.0 if ripens else 1.0)
    )
    of_day = share[outcomes.day[known] - days[0]]
    spend, revenue = outcomes.spend[known], outcomes.revenue[known]
    found = {}
    for key in np.unique(keys).tolist():
        mine = keys == key
        spent = float(spend[mine].sum())
        if spent <= 0:
            continue
        ripe = (of_day[mine] >= TOO_YOUNG) | (revenue[mine] == 0)
        matured = float((revenue[mine] / np.maximum(of_day[mine], TOO_YOUNG)).sum()) / spent if ripe.all() else None
        found[key] = Lately(period.start, period.end, spent, float(revenue[mine].sum()) / spent, matured)
    return found
