from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from attribution.actions.ads.follow_moved_ads import follow_moved_ads
from attribution.actions.ads.store_ad_days import store_ad_days
from stratum.core.models import Ad, AdAccount, AdDay, Workspace
from stratum.core.sent_rows import Outcome, Problem, SentRow

UNUSED_VALUE = (
    "{n} rows have a conversion_value, which no total uses: this workspace takes its revenue from the CRM. To use it instead, import "
    "with --revenue platform, or change the workspace's revenue source in the admin."
)
TOLD_BY_ACCOUNT = (
    "{n} rows are days of ads that a connected account reports itself. They count once, as the account reports them."
)
BEFORE_ACCOUNT = (
    "{n} rows are days of a connected account's ads that the account does not report. They were added to its ads."
)


class ForeignCurrency(ValueError):
    """Rows count in another currency than the account: adding them up would make a number that means nothing."""


def import_ad_days(workspace: Workspace, rows: Sequence[dict[str, Any]]) -> int:
    """Stores ad-days (fields of `row_fields.AD_DAY`, one row an ad and day); returns how many are new or changed."""
    return import_sent_ad_days(workspace, [SentRow(position, row) for position, row in enumerate(rows)]).stored


def import_sent_ad_days(workspace: Workspace, rows: list[SentRow]) -> Outcome:
    """Stores ad-days that did not come from a connected account (a file, a bulk call), under one account of their own.

    Days of ads that a connected account has go to that account, unless it reports them itself. ForeignCurrency, before anything
    is stored.
    """
    outcome = Outcome()
    rows = _of_one_day(rows, outcome)
    accounts = _connected({row.values["ad_id"] for row in rows})
    own = [row for row in rows if row.values["ad_id"] not in accounts]
    account = imported_account(workspace)
    foreign = {row.values["currency"] for row in own if row.values["currency"]} - {account.currency}
    if foreign:
        raise ForeignCurrency(
            f"the rows have amounts in {', '.join(sorted(foreign))}, the workspace counts in {account.currency}: "
            "use a workspace in that currency (manage.py workspace NAME --currency …)"
        )
    for connected in set(accounts.values()):
        theirs = [row for row in rows if accounts.get(row.values["ad_id"]) == connected]
        _add_to_connected(workspace, connected, theirs, outcome)
    if own:
        follow_moved_ads(account, [row.values for row in own])
        outcome.stored += store_ad_days(account, [row.values for row in own])
    if workspace.revenue_source == Workspace.RevenueSource.CRM:
        unused = sum(row.values["conversion_value"] is not None for row in rows)
        outcome.notes.update({UNUSED_VALUE: unused} if unused else {})
    return outcome


def imported_account(workspace: Workspace) -> AdAccount:
    """The account of ads that no platform's account tells of."""
    account, _ = AdAccount.objects.get_or_create(
        workspace=workspace,
        platform=AdAccount.Platform.IMPORT,
        external_id="file",
        defaults={"name": "Imported ads", "currency": workspace.currency, "timezone": workspace.timezone},
    )
    return account


def _of_one_day(rows: list[SentRow], outcome: Outcome) -> list[SentRow]:
    """Ads Manager sums whole periods up unless it is asked for days: such rows are no days."""
    good = []
    for row in rows:
        others = {name.strip().casefold(): str(value).strip() for name, value in row.others.items()}
        # With a column for the day these two may name the period of the whole export.
        ends = None if "reporting starts" in others else others.get("reporting ends")
        if ends and not _is_day(ends, row.values["date"]):
            reason = f"covers several days, up to {ends}: export it again with the breakdown “Day”"
            outcome.problems.append(Problem(row.position, "date", reason))
        else:
            good.append(row)
    return good


def _is_day(text: str, day: date) -> bool:
    return text in {
        day.strftime(form) for form in ("%Y-%m-%d", "%d-%m-%Y", "%m-%d-%Y", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y")
    }


def _connected(ad_ids: set[str]) -> dict[str, AdAccount]:
    """The connected account of each ad that one has, by the platform's id of the ad."""
    ads = Ad.objects.filter(external_id__in=ad_ids).exclude(account__platform=AdAccount.Platform.IMPORT)
    return {ad.external_id: ad.account for ad in ads.select_related("account").order_by("-id")}


def _add_to_connected(workspace: Workspace, account: AdAccount, rows: list[SentRow], outcome: Outcome) -> None:
    good = []
    for row in rows:
        currency = row.values["currency"] or workspace.currency
        if currency == account.currency:
            good.append(row)
        else:
            reason = f"the ad belongs to {account.name}, which counts in {account.currency}, not in {currency}"
            outcome.problems.append(Problem(row.position, "currency", reason))
    days = {row.values["date"] for row in good}
    stored = AdDay.objects.filter(ad__account=account, day__in=days).values_list("day", "ad__external_id")
    reported = set(stored.filter(ad__external_id__in={row.values["ad_id"] for row in good}))
    new = [row.values for row in good if (row.values["date"], row.values["ad_id"]) not in reported]
    if new:
        outcome.stored += store_ad_days(account, new)
        outcome.notes[BEFORE_ACCOUNT] += len(new)
    if len(good) > len(new):
        outcome.notes[TOLD_BY_ACCOUNT] += len(good) - len(new)
