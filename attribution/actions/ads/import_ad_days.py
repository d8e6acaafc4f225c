from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attribution.actions.ads.store_ad_days import store_ad_days
from stratum.core.models import AdAccount, Workspace


class ForeignCurrency(ValueError):
    """Rows count in another currency than the account: adding them up would make a number that means nothing."""


def import_ad_days(workspace: Workspace, rows: Sequence[dict[str, Any]]) -> int:
    """Stores ad-days that did not come from a connected account (a file, a bulk call), under one account of their own.

    Returns how many are new or changed. ForeignCurrency, before anything is stored.
    """
    account = imported_account(workspace)
    foreign = {row["currency"].upper() for row in rows if row["currency"]} - {account.currency}
    if foreign:
        raise ForeignCurrency(
            f"the rows have amounts in {', '.join(sorted(foreign))}, the workspace counts in {account.currency}"
        )
    return store_ad_days(account, rows)


def imported_account(workspace: Workspace) -> AdAccount:
    """The account of ads that no platform's account tells of."""
    account, _ = AdAccount.objects.get_or_create(
        workspace=workspace,
        platform=AdAccount.Platform.IMPORT,
        external_id="file",
        defaults={"name": "Imported ads", "currency": workspace.currency, "timezone": workspace.timezone},
    )
    return account
