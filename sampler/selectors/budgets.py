from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from django.db.models import Q

from sampler.models import Change
from stratum.core.models import Ad, AdAccount, AdDay, AdSet, Campaign
from stratum.core.money import to_minor
from stratum.platforms.delivery import CANNOT_SPEND, WILL_SPEND

CANNOT = Q(status__in=CANNOT_SPEND)
SPENDS = ~Q(status__in=(*CANNOT_SPEND, *WILL_SPEND))
ABOVE_SPENDS = ~Q(campaign__status__in=(*CANNOT_SPEND, *WILL_SPEND))
"""States of which nobody has heard count as spending."""


@dataclass(frozen=True)
class BudgetHolder:
    """A spending ad set or campaign with a daily budget of its own, minor units, and the ads that spend it."""

    kind: str
    id: int
    external_id: str
    name: str
    budget: int
    ad_ids: tuple[int, ...]

    @property
    def target(self) -> tuple[str, int]:
        return self.kind, self.id

    @property
    def key(self) -> int:
        return holder_key(self.kind, self.id)


@dataclass(frozen=True)
class HolderOfAd:
    """What holds an ad's budget, as the engine numbers it, and the account that it is in."""

    key: int
    account: int


def holder_kind(holder: Campaign | AdSet) -> str:
    return Change.Target.CAMPAIGN if isinstance(holder, Campaign) else Change.Target.AD_SET


def holder_key(kind: str, pk: int) -> int:
    """One number for ad sets and campaigns alike."""
    return pk * 2 + (kind == Change.Target.CAMPAIGN)


def holders_of_ads(accounts: Iterable[AdAccount]) -> dict[int, HolderOfAd]:
    """By ad, paused ones included: the campaign where it shares its budget among its ad sets, the ad set otherwise.

    What no ad explains belongs to the campaign's budget, or to none.
    """
    ads = Ad.objects.filter(account__in=list(accounts)).exclude(is_remainder=True, ad_set__campaign__daily_budget=None)
    rows = ads.values_list(
        "id", "account_id", "ad_set_id", "ad_set__daily_budget", "ad_set__campaign_id", "ad_set__campaign__daily_budget"
    )
    return {
        ad: HolderOfAd(
            holder_key(Change.Target.CAMPAIGN, campaign)
            if own is None and shared
            else holder_key(Change.Target.AD_SET, ad_set),
            account,
        )
        for ad, account, ad_set, own, campaign, shared in rows
    }


def budget_holders(account: AdAccount, *, day: date) -> list[BudgetHolder]:
    """Who holds the account's budgets. An imported account shows none, so its ad sets' spend of `day` stands for them."""
    if account.platform == AdAccount.Platform.IMPORT:
        return _spenders(account, day)
    ad_sets = AdSet.objects.filter(SPENDS, ABOVE_SPENDS, account=account, daily_budget__gt=0).order_by("id")
    campaigns = Campaign.objects.filter(SPENDS, account=account, daily_budget__gt=0).order_by("id")
    ads = Ad.objects.filter(account=account).exclude(CANNOT)
    by_ad_set = _ads(ads.values_list("ad_set_id", "id"))
    by_campaign = _ads(ads.filter(ad_set__daily_budget=None).values_list("ad_set__campaign_id", "id"))
    return [
        *(
            BudgetHolder(Change.Target.AD_SET, s.pk, s.external_id, s.name, s.daily_budget, by_ad_set[s.pk])
            for s in ad_sets
        ),
        *(
            BudgetHolder(Change.Target.CAMPAIGN, c.pk, c.external_id, c.name, c.daily_budget, by_campaign[c.pk])
            for c in campaigns
        ),
    ]


def fixed_spenders(account: AdAccount) -> list[Campaign | AdSet]:
    """Campaigns and ad sets that spend, or may at any moment, from a budget that nobody here changes.

    A shared one, one for their whole run, or the daily one of what waits for a review, a bill or its start.
    """
    fixed = ~Q(fixed_budget_id="") & ~Q(fixed_budget=0)
    own, waiting = Q(daily_budget__gt=0), Q(status__in=WILL_SPEND)
    campaigns = Campaign.objects.filter(fixed | (own & waiting), account=account).exclude(CANNOT)
    ad_sets = AdSet.objects.filter(fixed | (own & (waiting | ~ABOVE_SPENDS)), account=account).exclude(CANNOT)
    ad_sets = ad_sets.exclude(campaign__status__in=CANNOT_SPEND)
    return [*campaigns.order_by("id"), *ad_sets.order_by("id")]


@dataclass(frozen=True)
class FixedBudgets:
    """Budgets that nobody here plans for and that are spent all the same.

    `total`: minor units a day, each budget once. `untold`: who spends from one of which nobody can tell what a day may cost, by name.
    """

    total: int
    untold: tuple[str, ...]


def fixed_budgets(account: AdAccount) -> FixedBudgets:
    spenders = fixed_spenders(account)
    amounts = {
        one.fixed_budget_id or (holder_kind(one), one.pk): one.fixed_budget or one.daily_budget or 0 for one in spenders
    }
    untold = tuple(one.name for one in spenders if one.fixed_budget_id and one.fixed_budget is None)
    return FixedBudgets(sum(amounts.values()), untold)


def _ads(pairs: Iterable[tuple[int, int]]) -> defaultdict[int, tuple[int, ...]]:
    found: defaultdict[int, tuple[int, ...]] = defaultdict(tuple)
    for owner, ad in sorted(pairs):
        found[owner] += (ad,)
    return found


def _spenders(account: AdAccount, day: date) -> list[BudgetHolder]:
    rows = AdDay.objects.filter(ad__account=account, day=day, spend__gt=0).order_by("ad__ad_set_id", "ad_id")
    by_ad_set = groupby(
        rows.values_list("ad__ad_set_id", "ad__ad_set__external_id", "ad__ad_set__name", "ad_id", "spend"),
        key=lambda row: row[:3],
    )
    holders = []
    for (pk, external_id, name), spending in by_ad_set:
        ads, spent = zip(*((ad, spend) for *_, ad, spend in spending), strict=True)
        budget = to_minor(sum(spent), account.currency)
        holders.append(BudgetHolder(Change.Target.AD_SET, pk, external_id, name, budget, ads))
    return [holder for holder in holders if holder.budget > 0]
