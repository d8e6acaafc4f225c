from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Min

from attribution.selectors import Basis, Loading, last_day, loading, revenue_freshness
from stratum.core.models import AdAccount, Workspace


@dataclass(frozen=True)
class Freshness:
    """How old the numbers are, and what they rest on."""

    last_day: date | None
    performance_read_at: datetime | None
    revenue_heard_at: datetime | None
    loading: Loading
    """How far the history of ad accounts and CRM is read: until it is, figures are incomplete and nothing is planned."""
    timezone: str
    basis: str


def freshness(workspace: Workspace, basis: Basis) -> Freshness:
    live = AdAccount.objects.exclude(platform=AdAccount.Platform.IMPORT)
    account = AdAccount.objects.order_by("id").first()
    return Freshness(
        last_day=last_day(),
        performance_read_at=live.aggregate(oldest=Min("insights_pulled_at"))["oldest"],
        revenue_heard_at=revenue_freshness(),
        loading=loading(),
        timezone=account.timezone if account else workspace.timezone,
        basis=basis_sentence(workspace, basis),
    )


def basis_sentence(workspace: Workspace, basis: Basis) -> str:
    if workspace.revenue_source == Workspace.RevenueSource.PLATFORM:
        return "conversion value as the ad platform reports it, on the day of the ad"
    if basis is Basis.CASH:
        return "CRM deals, open ones by the probability of their stage, on the day the deal changed"
    return "CRM deals, open ones by the probability of their stage, on the day of the click"
