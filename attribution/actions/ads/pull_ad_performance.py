from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import transaction
from django.db.models import Min

from attribution.actions.ads.name_clicks import name_clicks
from attribution.actions.ads.store_ad_days import store_ad_days
from attribution.actions.ads.store_structure import archive_gone, store_structure
from attribution.actions.ads.take_over_imported import take_over_imported
from attribution.domain.remainders import remainders
from stratum.core.models import AdAccount, AdDay
from stratum.core.periods import Period, local_day
from stratum.platforms.account_days import AccountDays, InsightRow
from stratum.platforms.ads import AdPlatform, platform_of
from stratum.platforms.google_ads import GoogleAds
from stratum.platforms.http import NoAnswer, Refused, TryLater
from stratum.platforms.meta_ads import AccountFacts

RESTATED_DAYS = 28
FIRST_DAYS = 90
PART_DAYS = 30
"""History is read and stored in parts of so many days, the newest first."""
NO_CLICKS = "Google did not say which ads its clicks were on: clicks without an ad in their address wait until it does"
BAD_ZONE = "The account's time zone is none that is known: its days are counted in the one that is stored"


def pull_ad_performance(account: AdAccount, *, now: datetime) -> int:
    """Reads the account's structure and its last 28 days (platforms restate them) and returns how many ad-days changed.

    The first pull reaches back 90 days, so that beliefs do not start from nothing; each part is stored by itself, and a pull that
    breaks off is continued by the next one. A pull after a pause reaches back 28 days before the last one.

    Days are the account's own. On each, the rows add up to the platform's own total: what no ad explains has a row of its own. Of a part
    nothing is stored when the platform's answer to it is incomplete; bad elements of an answer are left out and counted.
    """
    platform = platform_of(account)
    _take_facts(account, platform, platform.facts(account.external_id))
    today = local_day(now, account.timezone)
    lately = Period(_first_restated(account, today), today)
    _want_history(account, lately)
    if not account.conversion_kind:
        first = account.history_wanted_from or lately.start
        account.conversion_kind = platform.conversion_kind(account.external_id, first, today)[:120]
    changed = _pull_part(account, platform, lately, now=now, today=today)
    for part in _parts_left(account):
        changed += _pull_part(account, platform, part, now=None, today=today)
    _name_clicks(account, platform, now)
    account.answer_findings = platform.findings.as_json()
    account.save(update_fields=["answer_findings"])
    return changed


def _name_clicks(account: AdAccount, platform: AdPlatform, now: datetime) -> None:
    """A question of its own: that it fails is told and takes nothing from the pull."""
    if isinstance(platform, GoogleAds):
        try:
            name_clicks(account, platform, now=now)
        except (NoAnswer, TryLater, Refused) as problem:
            platform.findings.add(NO_CLICKS, problem)


def _take_facts(account: AdAccount, platform: AdPlatform, facts: AccountFacts) -> None:
    """The platform's word on the account. Refused where its money is not what we take it for; its time zone is taken over."""
    if facts.currency != account.currency:
        raise Refused(f"the account counts in {facts.currency}, not in {account.currency}: mend it in the admin")
    try:
        account.timezone = ZoneInfo(facts.timezone).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        platform.findings.add(BAD_ZONE, facts.timezone or "none")


def _first_restated(account: AdAccount, today: date) -> date:
    last = local_day(account.insights_pulled_at, account.timezone) if account.insights_pulled_at else today
    return min(last, today) - timedelta(days=RESTATED_DAYS - 1)


def _want_history(account: AdAccount, lately: Period) -> None:
    """Before the first pull: 90 days, or all the days that are stored, which may count another kind of result."""
    if account.insights_pulled_at is None:
        stored = AdDay.objects.filter(ad__account=account).aggregate(first=Min("day"))["first"] or lately.end
        account.history_wanted_from = min(lately.end - timedelta(days=FIRST_DAYS - 1), stored)
        account.history_read_from = None


def _parts_left(account: AdAccount) -> Iterator[Period]:
    while account.history_read_from and account.history_read_from > account.history_wanted_from:
        end = account.history_read_from - timedelta(days=1)
        yield Period(max(end - timedelta(days=PART_DAYS - 1), account.history_wanted_from), end)


def _pull_part(account: AdAccount, platform: AdPlatform, part: Period, *, now: datetime | None, today: date) -> int:
    """`now`: when the account's structure is read too; None for a part of its history."""
    days = platform.account_days(account.external_id, part.start, part.end, kind=account.conversion_kind)
    # Read last, because budgets may be sent meanwhile.
    structure = platform.structure(account.external_id) if now else None
    if now:
        account.minimum_budget = platform.minimum_budgets(account.external_id, currency=account.currency)
        account.insights_pulled_at = now
    if account.history_wanted_from and (account.history_read_from is None or part.start < account.history_read_from):
        account.history_read_from = part.start
    with transaction.atomic():
        if structure:
            store_structure(account, structure, now, today, platform.findings)
        changed = store_ad_days(account, _rows(days), replaces=part)
        take_over_imported(account)
        if structure and structure.is_whole:
            archive_gone(account, structure)
        account.save(update_fields=SAVED)
    return changed


SAVED = [
    "insights_pulled_at",
    "timezone",
    "minimum_budget",
    "conversion_kind",
    "history_wanted_from",
    "history_read_from",
]


def _rows(days: AccountDays) -> list[dict[str, Any]]:
    return [*map(_row, days.ads), *remainders(days.ads, days.campaigns, days.account)]


def _row(insight: InsightRow) -> dict[str, Any]:
    return {"date": insight.day, **{name: value for name, value in vars(insight).items() if name != "day"}}
