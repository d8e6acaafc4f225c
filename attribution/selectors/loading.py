"""How far the history of the ad accounts and of the CRM has been read."""

from __future__ import annotations

from dataclasses import dataclass

from attribution.models import Deal, DealRefresh, InboxDelivery
from stratum.core.models import AdAccount, AdDay
from stratum.core.periods import Period, local_day
from stratum.platforms.ads import PLATFORMS

FEW = 20
"""So many deals that wait are everyday traffic, whatever share of all they are."""
SMALL_SHARE = 0.05
STUCK_ATTEMPTS = 3
"""A deal that could not be read so often holds nobody up; it is among the CRM's troubles."""


@dataclass(frozen=True)
class Loading:
    """`percent`: of the part that is furthest behind, rounded down; 100 only when all is read. `accounts`: whose history is incomplete."""

    percent: int
    accounts: tuple[str, ...]
    waiting: int
    """Deliveries and deals of the CRM that wait to be read for the first time or anew; 0 where they are too few to matter."""

    @property
    def is_loading(self) -> bool:
        return self.percent < 100

    @property
    def sentence(self) -> str:
        """What is still being read; empty where nothing is."""
        parts = [f"the performance of {name}" for name in self.accounts]
        parts += [f"{self.waiting:,} deliveries and deals of the CRM"] if self.waiting else []
        return f"History is still being read ({self.percent} %): {', '.join(parts)}." if parts else ""


def loading(account: AdAccount | None = None) -> Loading:
    """`account`: of it and the CRM alone; without it, of all ad accounts of the workspace."""
    live = (
        [account]
        if account
        else AdAccount.objects.filter(platform__in=PLATFORMS).exclude(access_token="").order_by("id")
    )
    shares = {one.name: share for one in live if (share := share_read(one)) < 1}
    waiting, crm_share = _crm()
    least = min([*shares.values(), crm_share])
    return Loading(min(int(100 * least), 99) if least < 1 else 100, tuple(shares), waiting)


def share_read(account: AdAccount) -> float:
    """Of the days of history that are wanted of an account."""
    if account.platform not in PLATFORMS or not account.access_token:
        return 1.0
    wanted, read = account.history_wanted_from, account.history_read_from
    if wanted is None:
        never = account.insights_pulled_at is None and not AdDay.objects.filter(ad__account=account).exists()
        return 0.0 if never else 1.0
    if read is None or account.insights_pulled_at is None:
        return 0.0
    if read <= wanted:
        return 1.0
    today = local_day(account.insights_pulled_at, account.timezone)
    return Period(read, today).length / Period(wanted, today).length


def _crm() -> tuple[int, float]:
    waiting = InboxDelivery.objects.filter(parsed_at=None).count()
    waiting += DealRefresh.objects.filter(reread=True, attempts__lt=STUCK_ATTEMPTS).count()
    if waiting <= FEW:
        return 0, 1.0
    share = waiting / (waiting + Deal.objects.filter(removed_at=None).count())
    return (waiting, 1 - share) if share > SMALL_SHARE else (0, 1.0)
