"""The columns of Ads Manager's and Google Ads' own exports, by the fields that they are here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

OWN_COLUMN = "ad_id"
"""A file with this column is written for us, and its names are taken as they are."""
NAMES: dict[str, tuple[str, ...]] = {
    "date": ("day", "date", "reporting starts"),
    "ad_id": ("ad id",),
    "ad_name": ("ad name", "ad"),
    "adset_id": ("ad set id", "ad group id"),
    "campaign_id": ("campaign id",),
    "campaign_name": ("campaign name", "campaign"),
    "spend": ("amount spent", "cost", "spend"),
    "impressions": ("impressions", "impr."),
    "clicks": ("link clicks", "clicks", "clicks (all)"),
    "reach": ("reach",),
    "frequency": ("frequency",),
    "conversions": ("purchases", "conversions", "results"),
    "conversion_value": ("purchases conversion value", "purchase conversion value", "conv. value", "conversion value"),
    "currency": ("currency code", "currency"),
}
"""In each row the first name that a file has wins."""
WITH_CURRENCY = re.compile(r"^(.*\S)\s*\(([A-Z]{3})\)$", re.ASCII)


def export_columns(header: Sequence[str]) -> Mapping[str, str]:
    """The column of each field that has another name there than here."""
    if OWN_COLUMN in header:
        return {"campaign_name": "campaign"} if "campaign" in header else {}
    by_name = {_name(column): column for column in reversed(header)}
    found = {}
    for field, names in NAMES.items():
        if column := next((by_name[name] for name in names if name in by_name), None):
            found[field] = column
    return found if "ad_id" in found or "ad_name" in found else {}


def export_currency(header: Sequence[str]) -> Mapping[str, str]:
    """The currency that the spend's header names, such as EUR in “Amount spent (EUR)”."""
    spend = export_columns([name.strip() for name in header]).get("spend", "")
    found = WITH_CURRENCY.match(spend)
    return {"currency": found[2]} if found else {}


def _name(column: str) -> str:
    found = WITH_CURRENCY.match(column.strip())
    return (found[1] if found else column).strip().casefold()
