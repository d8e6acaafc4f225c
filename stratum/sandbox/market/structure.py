"""The nouns of the market: accounts, campaigns, ad sets, ads, and what is true of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from stratum.sandbox.market import money


@dataclass
class Creative:
    id: str
    name: str
    title: str
    body: str
    kind: str
    call_to_action: str


@dataclass
class Ad:
    """`design_roas` is the return this ad was built to have at its ad set's first budget and a settled frequency."""

    id: str
    account_id: str
    campaign_id: str
    adset_id: str
    name: str
    creative: Creative
    created_at: datetime
    updated_at: datetime
    click_rate: float
    lead_rate: float
    win_rate: float
    value_median: float
    value_sigma: float
    tiring_frequency: float
    design_roas: float
    status: str = "ACTIVE"
    shown_status: str = ""
    """What the platform shows instead of the status that follows from what was set."""
    is_untold: bool = False
    """Reports name it at no level below the account."""
    is_tagged: bool = True
    """Whether its clicks tell which ad they were on."""
    url_tags: str = "utm_source=meta&utm_medium=paid&utm_id={{campaign.id}}&utm_content={{ad.id}}"
    also_in: str = ""
    """Another ad group that it lies in too (Google): half of what it does is reported there."""


@dataclass
class AdSet:
    """`daily_budget` is in minor units; None under a campaign budget, or with a lifetime budget, which is spent from
    `created_at` until `ends_at`. `saturation` is the daily spend (major) at which
    a thousand impressions cost twice the base price."""

    id: str
    account_id: str
    campaign_id: str
    name: str
    daily_budget: int | None
    audience: int
    base_cpm: float
    saturation: float
    appeal: float
    created_at: datetime
    updated_at: datetime
    status: str = "ACTIVE"
    shown_status: str = ""
    budget_changes: list[datetime] = field(default_factory=list)
    edited_at: datetime | None = None
    lifetime_budget: int | None = None
    ends_at: datetime | None = None
    targeting: dict[str, Any] = field(default_factory=dict)


@dataclass
class Campaign:
    """At Google, campaigns with the same `budget_id` share a budget; each then shows all of it as its own."""

    id: str
    account_id: str
    name: str
    objective: str
    daily_budget: int | None
    created_at: datetime
    updated_at: datetime
    status: str = "ACTIVE"
    shown_status: str = ""
    serving: str = ""
    """Google's serving status, where it is not the usual one."""
    has_asset_groups: bool = False
    """As Performance Max: it has no ads and no ad groups to report, and its clicks are on none."""
    budget_changes: list[datetime] = field(default_factory=list)
    budget_id: str = ""
    explicitly_shared: bool = False
    lifetime_budget: int | None = None
    ends_at: datetime | None = None

    @property
    def pool(self) -> str:
        return self.budget_id or self.id


def a_day(holder: AdSet | Campaign, at: datetime | None = None) -> float | None:
    """Units of budget that it spends a day, a lifetime budget evenly over its run (thirty days without an end); None where it holds none."""
    if holder.lifetime_budget is None:
        return holder.daily_budget
    if at and holder.ends_at and at >= holder.ends_at:
        return 0.0
    run = holder.ends_at - holder.created_at if holder.ends_at else timedelta(days=30)
    return holder.lifetime_budget / (run / timedelta(days=1))


@dataclass(frozen=True)
class Edit:
    """One budget or status that was set, by whom: the API's caller, or a person in the platform's own pages."""

    number: int
    node_id: str
    account_id: str
    field: str
    before: int | str | None
    after: int | str | None
    at: datetime
    by: str


@dataclass
class Account:
    id: str
    name: str
    currency: str
    timezone: str
    pixel_id: str
    vertical: str
    organic_leads_a_day: float
    platform: str = "meta"
    stated_timezone: str = ""
    """What the platform says of its time zone, where that is none."""
    campaigns: list[Campaign] = field(default_factory=list)
    ad_sets: list[AdSet] = field(default_factory=list)
    ads: list[Ad] = field(default_factory=list)

    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def units(self) -> int:
        """How many units of a budget make a major one: Meta's minor units, Google's micros."""
        return money.MICROS if self.platform == "google" else money.offset(self.currency)
