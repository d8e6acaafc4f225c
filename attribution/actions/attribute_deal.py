"""A deal's value onto the clicks that earned it, as signed ledger lines: what should stand minus what stands."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Sum

from attribution.candidates import candidates_of
from attribution.domain.matching import Credit, match
from attribution.models import Deal, LedgerEntry
from stratum.core.models import Ad, Workspace
from stratum.core.money import split
from stratum.core.periods import local_day

Line = tuple[str, int | None, int | None]
"""Layer, ad, touchpoint: what makes two ledger lines of a deal the same line."""


@dataclass
class Balance:
    credit: Decimal = Decimal(0)
    amount: int = 0


def attribute_deal(
    workspace: Workspace, deal: Deal, *, now: datetime, reason: str, booked_at: datetime | None = None
) -> int:
    """Posts the difference between what the deal's credits should be and what they are; returns the number of lines.

    Booked on the day on which the CRM changed the deal, or at `booked_at` where the deal's own date does not tell (it was
    deleted or restored). The caller holds the deal's row lock. Running it again with nothing changed posts nothing.
    """
    credits = match(deal.created_at, candidates_of(deal))
    amounts = split(deal.value, [credit.share for credit in credits])
    have = _balances(deal)
    lines = _difference(credits, amounts, have)
    if not lines:
        return 0
    deal.revision += 1
    deal.save(update_fields=["revision"])
    days = _Days(workspace, deal, booked_at or deal.updated_at, {ad_id for _, ad_id, _ in lines})
    entries = []
    for number, (key, change) in enumerate(lines.items()):
        layer, ad_id, touchpoint_id = key
        credit = next((c for c in credits if (c.layer, c.ad_id, c.touchpoint_id) == key), None)
        entries.append(
            LedgerEntry(
                workspace=workspace,
                deal=deal,
                revision=deal.revision,
                line=number,
                ad_id=ad_id,
                touchpoint_id=touchpoint_id,
                layer=layer,
                confidence=credit.confidence if credit else 0.0,
                credit=change.credit,
                amount=change.amount,
                click_date=have.click_dates.get(key) or days.of_click(ad_id, credit),
                booked_date=days.of_booking(ad_id),
                posted_at=now,
                reason=reason[:120],
            )
        )
    LedgerEntry.objects.bulk_create(entries)
    return len(entries)


class _Balances(dict[Line, Balance]):
    click_dates: dict


def _balances(deal: Deal) -> _Balances:
    rows = LedgerEntry.objects.filter(deal=deal).values_list("layer", "ad_id", "touchpoint_id", "click_date").order_by()
    found = _Balances()
    found.click_dates = {}
    for layer, ad_id, touchpoint_id, click_date, credit, amount in rows.annotate(c=Sum("credit"), a=Sum("amount")):
        key = (layer, ad_id, touchpoint_id)
        balance = found.setdefault(key, Balance())
        balance.credit += credit
        balance.amount += amount
        found.click_dates[key] = click_date
    return found


def _difference(credits: list[Credit], amounts: list[int], have: dict[Line, Balance]) -> dict[Line, Balance]:
    want: dict[Line, Balance] = defaultdict(Balance)
    for credit, amount in zip(credits, amounts, strict=True):
        line = want[credit.layer, credit.ad_id, credit.touchpoint_id]
        line.credit += credit.share
        line.amount += amount
    changes = {}
    for key in [*want, *(key for key in have if key not in want)]:
        wanted, held = want.get(key, Balance()), have.get(key, Balance())
        change = Balance(wanted.credit - held.credit, wanted.amount - held.amount)
        if change.credit or change.amount:
            changes[key] = change
    return changes


class _Days:
    """An ad's days are those of its account; where there is no ad, the workspace's count."""

    def __init__(self, workspace: Workspace, deal: Deal, booked_at: datetime, ad_ids: set[int | None]) -> None:
        self.deal, self.booked_at, self.workspace = deal, booked_at, workspace
        self.zones = dict(Ad.objects.filter(pk__in=ad_ids - {None}).values_list("pk", "account__timezone"))

    def _zone(self, ad_id: int | None) -> str:
        return self.zones.get(ad_id, self.workspace.timezone)

    def of_click(self, ad_id: int | None, credit: Credit | None) -> date:
        at = credit.occurred_at if credit and credit.occurred_at else self.deal.created_at
        return local_day(at, self._zone(ad_id))

    def of_booking(self, ad_id: int | None) -> date:
        return local_day(self.booked_at, self._zone(ad_id))
