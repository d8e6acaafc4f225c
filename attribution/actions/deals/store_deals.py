"""States of deals from whatever source, written many at a time: newer ones only, and each with what it is worth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from attribution.actions.deals.value_deal import ToldAmount, price_deal, value_deal
from attribution.models import Deal, DealValuation
from stratum.core.clock import now as clock_now
from stratum.core.models import Workspace

NOT_WRITTEN = {"id", "workspace", "external_id", "revision", "erased_at"}
WRITTEN = [field.name for field in Deal._meta.concrete_fields if field.name not in NOT_WRITTEN]
WORTH = ("currency", "amount_in_currency", "fx_rate", "fx_date", "fx_source", "amount", "probability", "value")
WORTH_AND_WHY = [*WORTH, "unvalued_because"]


@dataclass(frozen=True)
class DealState:
    """A deal as its source has it. `fields` are the model's, `keys` the hashes that its lead left behind."""

    external_id: str
    fields: dict[str, Any]
    keys: dict[str, int | None]
    told: ToldAmount


def write_deals(workspace: Workspace, states: Iterable[DealState]) -> list[Deal]:
    """Creates or updates deals and their values, unless what is stored is newer; returns them with their rows locked.

    One state a deal. The rows are locked in the order of their ids, so that two writers wait and do not lock each other up.
    """
    by_id = {state.external_id: state for state in states}
    blanks = [
        Deal(workspace=workspace, external_id=one, **{name: by_id[one].fields[name] for name in ("created_at", "updated_at")})
        for one in sorted(by_id)
    ]  # fmt: skip
    Deal.objects.bulk_create(blanks, ignore_conflicts=True)
    deals = list(Deal.objects.select_for_update().filter(external_id__in=list(by_id)).order_by("external_id"))
    newer = [deal for deal in deals if by_id[deal.external_id].fields["updated_at"] >= deal.updated_at]
    before = {deal.pk: worth(deal) for deal in newer}
    for deal in newer:
        _apply(workspace, deal, by_id[deal.external_id])
    save_valued(newer, before, WRITTEN)
    return deals


def _apply(workspace: Workspace, deal: Deal, state: DealState) -> None:
    told = state.fields | ({} if deal.erased_at else state.keys)
    # A key that was seen once stays: CRMs overwrite contact properties with blanks.
    kept = {name for name in ("contact", "form_id", *state.keys) if not told.get(name)}
    for name, value in told.items():
        if name not in kept:
            setattr(deal, name, value)
    price_deal(workspace, deal, state.told)
    value_deal(deal)


def worth(deal: Deal) -> tuple[Any, ...]:
    return tuple(getattr(deal, name) for name in WORTH)


def save_valued(deals: Sequence[Deal], before: dict[int, tuple[Any, ...]], fields: Sequence[str]) -> None:
    """Saves deals, and keeps what they are worth now beside the revision it leads to, where that is not what it was."""
    if deals:
        Deal.objects.bulk_create(deals, update_conflicts=True, unique_fields=["id"], update_fields=fields)
    at = clock_now()
    DealValuation.objects.bulk_create(
        [
            DealValuation(
                workspace_id=deal.workspace_id,
                deal=deal,
                revision=deal.revision + 1,
                at=at,
                **dict(zip(WORTH, worth(deal), strict=True)),
            )
            for deal in deals
            if worth(deal) != before[deal.pk] or not deal.revision
        ]
    )


def remove_deal(external_id: str, *, now: datetime) -> Deal | None:
    """A deal that the CRM no longer has is worth nothing from now on; its lines stay and are reversed.

    `updated_at` stays the CRM's: a deal that is restored comes back with the date that it had.
    """
    deal = Deal.objects.select_for_update().filter(external_id=external_id).first()
    if deal:
        before = {deal.pk: worth(deal)}
        deal.removed_at, deal.value = deal.removed_at or now, 0
        save_valued([deal], before, ["removed_at", "value"])
    return deal
