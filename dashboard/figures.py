"""Figures as JSON: money as decimal text, ratios as numbers."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from attribution.selectors import Figures, LevelFigures
from stratum.core.models import Workspace
from stratum.core.money import exponent


def figures(found: Figures, workspace: Workspace) -> dict[str, Any]:
    return {
        "roas": None if found.roas is None else round(float(found.roas), 4),
        "revenue": money(found.revenue, workspace),
        "spend": money(found.spend, workspace),
        "currency": workspace.currency,
        "impressions": found.impressions,
        "clicks": found.clicks,
        "conversions": round(float(found.conversions), 4),
        "ctr": found.ctr,
        "conversion_rate": found.conversion_rate,
    }


def row(found: LevelFigures, workspace: Workspace) -> dict[str, Any]:
    currency = found.currency or workspace.currency
    budget = None if found.daily_budget is None else str(Decimal(found.daily_budget).scaleb(-exponent(currency)))
    named = {
        "id": found.id,
        "external_id": found.external_id,
        "name": found.name,
        "status": found.status,
        "daily_budget": budget,
        "budget_currency": currency,
    }
    return {**named, **figures(found.figures, workspace)}


def money(amount: Decimal, workspace: Workspace) -> str:
    return str(amount.quantize(Decimal(1).scaleb(-exponent(workspace.currency)), ROUND_HALF_UP))
