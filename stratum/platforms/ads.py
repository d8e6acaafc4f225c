"""Which platform an ad account has, and what every ad platform can do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Protocol

from stratum.core.models import AdAccount
from stratum.platforms.account_days import AccountDays, InsightRow
from stratum.platforms.findings import Findings
from stratum.platforms.google_ads import GoogleAds
from stratum.platforms.http import Calling
from stratum.platforms.meta_ads import AccountFacts, MetaAds, Structure
from stratum.platforms.meta_batch import Outcome
from stratum.platforms.nodes import Node


class AdPlatform(Protocol):
    """Money in ISO minor units, days in the account's own time zone. `MetaAds` says what each method promises."""

    overspend_factor: float
    reporting_lag: timedelta
    findings: Findings

    def facts(self, account_id: str) -> AccountFacts: ...
    def structure(self, account_id: str) -> Structure: ...
    def standing(self, account_id: str, *, currency: str) -> list[Node]: ...
    def insights(self, account_id: str, since: date, until: date, *, kind: str = "") -> list[InsightRow]: ...
    def account_days(self, account_id: str, since: date, until: date, *, kind: str = "") -> AccountDays: ...
    def conversion_kind(self, account_id: str, since: date, until: date) -> str: ...
    def spend_of(self, account_id: str, day: date) -> Decimal: ...
    def minimum_budgets(self, account_id: str, *, currency: str) -> int: ...
    def budgets(self, ids: Iterable[str], *, currency: str) -> dict[str, int | None]: ...
    def statuses(self, ids: Iterable[str]) -> dict[str, str]: ...
    def write_budgets(self, budgets: Sequence[tuple[str, int]], *, currency: str) -> list[Outcome]: ...
    def check_budgets(self, budgets: Sequence[tuple[str, int]], *, currency: str) -> list[Outcome]: ...
    def write_statuses(self, statuses: Sequence[tuple[str, str]]) -> list[Outcome]: ...
    @property
    def wait(self) -> float: ...
    def room_for_writes(self) -> int: ...


PLATFORMS: dict[str, type[AdPlatform]] = {AdAccount.Platform.META: MetaAds, AdAccount.Platform.GOOGLE: GoogleAds}
"""What can be read and written. An account from a file has none."""


def platform_of(account: AdAccount, calls: Calling | None = None) -> AdPlatform:
    """The account's platform, ready to be called; `calls` where they are shared. KeyError for an account from a file."""
    if account.platform == AdAccount.Platform.META:
        return MetaAds(account.access_token, calls=calls)
    if account.platform == AdAccount.Platform.GOOGLE:
        return GoogleAds(account.access_token, account.external_id)
    raise KeyError(f"{account} came from a file: there is no platform to call")


def overspend_factor(account: AdAccount) -> float:
    """How many times its budgets a day of the account may cost. Where nothing is sent: Meta's."""
    return PLATFORMS.get(account.platform, MetaAds).overspend_factor


def reporting_lag(account: AdAccount) -> timedelta:
    """How late the account's figures may be."""
    return PLATFORMS.get(account.platform, MetaAds).reporting_lag
