"""Rows that share a key: repeated, parts of a breakdown, or in conflict. Plain rules over the values that were sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SUMMED = ("spend", "impressions", "clicks", "conversions", "conversion_value")
NOT_SUMMED = ("reach", "frequency")
"""People are counted once however many placements reached them: a sum would be too high."""
PLACES = ("adset_id", "campaign_id")
BREAKDOWNS = frozenset(
    [
        "age",
        "gender",
        "country",
        "region",
        "city",
        "dma",
        "zip",
        "device",
        "impression_device",
        "device_platform",
        "platform",
        "publisher_platform",
        "platform_position",
        "placement",
        "network",
        "ad_network_type",
        "click_type",
        "hour",
        "hour_of_day",
        "keyword",
        "keyword_id",
        "search_term",
        "audience_segment",
        "conversion_action",
        "slot",
        "user_list",
        "product_id",
        "asset_id",
        "asset",
        "image_asset",
        "video_asset",
        "body_asset",
        "title_asset",
        "description_asset",
        "language",
        "match_type",
        "top_vs_other",
        "top_vs._other",
        "attribution_setting",
    ]
)
"""Columns by which platforms split an ad's day."""


@dataclass(frozen=True)
class Settled:
    """`values` is the one row to store; `reason` says why there is none."""

    values: dict[str, Any] | None
    reason: str = ""


def breakdown_name(column: str) -> str:
    return column.strip().casefold().replace(" ", "_").split("_(")[0]


def is_breakdown(column: str) -> bool:
    return breakdown_name(column) in BREAKDOWNS


def settle_ad_days(rows: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> Settled:
    """The one row of an ad and day. `rows`: values and other columns.

    Rows alike in everything count once. Parts of a breakdown are summed. Anything else is refused.
    """
    parts = [row for n, row in enumerate(rows) if row not in rows[:n]]
    values = [dict(part) for part, _ in parts]
    if len(values) == 1:
        return Settled(values[0])
    for place in PLACES:
        if len({row[place] for row in values if row[place]}) > 1:
            return Settled(None, f"the ad has this day in two places, by {place}: ids repeat, so write both into ad_id")
    # The day's own placement and audience are fields here; in a breakdown they tell its parts apart.
    slices = [
        (values[n]["audience"], *sorted((name, str(value)) for name, value in others.items() if is_breakdown(name)))
        for n, (_, others) in enumerate(parts)
    ]
    if len(set(slices)) < len(slices):
        return Settled(
            None, "the ad has this day twice with other figures, and no breakdown column tells them apart: send one row"
        )
    return Settled(_sum(values))


def _sum(values: Sequence[dict[str, Any]]) -> dict[str, Any]:
    total = {
        name: next((row[name] for row in values if row[name]), row_default) for name, row_default in values[0].items()
    }
    for name in SUMMED:
        known = [row[name] for row in values if row[name] is not None]
        total[name] = sum(known) if known else None
    audiences = {row["audience"] for row in values}
    return total | dict.fromkeys(NOT_SUMMED) | {"audience": audiences.pop() if len(audiences) == 1 else ""}


def settle_states(rows: Sequence[Mapping[str, Any]]) -> Settled:
    """One state of a deal from several rows, such as one a contact: blanks are filled. Other amounts of one state are refused."""
    for name in ("amount", "currency", "stage_probability"):
        if len({row[name] for row in rows}) > 1:
            return Settled(
                None, f"the deal has this state twice with another {name}: send one row a state, with the whole amount"
            )
    return Settled(
        {
            name: next((row[name] for row in rows if row[name] not in (None, "")), value)
            for name, value in rows[0].items()
        }
    )


def settle_rates(rows: Sequence[Mapping[str, Any]]) -> Settled:
    if len({row["rate"] for row in rows}) > 1:
        return Settled(None, "the currency has two rates on this day: send one")
    return Settled(dict(rows[0]))
