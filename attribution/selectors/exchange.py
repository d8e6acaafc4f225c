"""Accounts that count in another currency: their money at the day's rate, the original beside, and what no rate can turn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection

from stratum.core.models import Workspace
from stratum.core.periods import Period
from stratum.core.tenancy import current_workspace_id

RATES = """
    rates AS (
        SELECT account.id AS account_id, each.date::date AS rated_on, known.rate
        FROM core_adaccount account
        CROSS JOIN generate_series(%(start)s::date, %(end)s::date, interval '1 day') AS each (date)
        CROSS JOIN LATERAL (
            SELECT rate FROM attribution_exchangerate stored
            WHERE stored.workspace_id = %(workspace)s AND stored.currency = account.currency AND stored.day <= each.date::date
            ORDER BY stored.day DESC LIMIT 1
        ) AS known
        WHERE account.workspace_id = %(workspace)s AND account.currency <> %(currency)s
    )
"""
"""What a unit of an account's currency was worth on each day: the newest rate that was known then. For `WITH`."""

FOREIGN = f"""
    WITH {RATES}
    SELECT account.id, account.name, account.currency, sum(spend), sum(spend * rate),
           coalesce(sum(spend) FILTER (WHERE rate IS NULL), 0), min(actual.day) FILTER (WHERE rate IS NULL)
    FROM core_adday actual JOIN core_ad ad ON ad.id = actual.ad_id
    JOIN core_adaccount account ON account.id = ad.account_id AND account.currency <> %(currency)s
    LEFT JOIN rates ON rates.account_id = account.id AND rates.rated_on = actual.day
    WHERE actual.workspace_id = %(workspace)s AND actual.day BETWEEN %(start)s AND %(end)s
      AND (%(account)s::bigint IS NULL OR account.id = %(account)s)
    GROUP BY 1, 2, 3 ORDER BY 1
"""  # noqa: S608 - a constant


@dataclass(frozen=True)
class ForeignSpend:
    """An account's spend in its own currency, in the workspace's (`counted`), and what is left out because a rate lacks."""

    account_id: int
    account_name: str
    currency: str
    spend: Decimal
    counted: Decimal
    left_out: Decimal
    rate_lacks_on: date | None
    """The first day of the period without a rate; None where there is one for each."""

    @property
    def what_to_do(self) -> str:
        """A sentence; empty where nothing is left out."""
        if not self.left_out:
            return ""
        return (
            f"{self.left_out:,.2f} {self.currency} of {self.account_name} are in no total, because no exchange rate of {self.currency} is "
            f"known for {self.rate_lacks_on} or before. Add one in the admin under exchange rates, or by import_exchange_rates."
        )


def foreign_spend(period: Period, *, account: int | None = None) -> list[ForeignSpend]:
    """Spend of accounts in other currencies than the workspace's, with the original beside what is counted."""
    workspace = Workspace.objects.get(pk=current_workspace_id())
    values = {"workspace": workspace.pk, "currency": workspace.currency, "start": period.start, "end": period.end}
    with connection.cursor() as cursor:
        cursor.execute(FOREIGN, values | {"account": account})
        return [ForeignSpend(*row[:4], row[4] or Decimal(0), *row[5:]) for row in cursor.fetchall()]
