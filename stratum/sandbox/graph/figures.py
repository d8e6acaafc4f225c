"""The numbers of an insights row: all of them text, purchases in three overlapping roll-ups."""

from __future__ import annotations

from typing import Any

from stratum.sandbox.market import money
from stratum.sandbox.market.facts import DayFacts

LIVE_WINDOWS = {"1d_click": 0.62, "7d_click": 0.9, "28d_click": 1.0, "1d_view": 0.16, "1d_ev": 0.03}


def figures(total: DayFacts, reached: float, currency: str, windows: tuple[str, ...]) -> dict[str, Any]:
    """Every number as a string; spend and values in major units."""
    spend, shown, clicks = total.spend, total.impressions, total.clicks
    found: dict[str, Any] = {
        "spend": money.as_text(spend, currency),
        "impressions": f"{shown:.0f}",
        "clicks": f"{clicks:.0f}",
        "inline_link_clicks": f"{total.link_clicks:.0f}",
        "reach": f"{reached:.0f}",
        "frequency": f"{shown / reached:.6f}" if reached >= 1 else None,
        "ctr": f"{clicks / shown * 100:.6f}" if shown else None,
        "cpm": f"{spend / shown * 1000:.6f}" if shown else None,
        "cpc": f"{spend / clicks:.6f}" if clicks else None,
    }
    found["actions"] = [_action(name, count, windows, 0) for name, count in _counts(total)]
    found["action_values"] = [_action(name, value, windows, 2) for name, value in _values(total)]
    if total.purchase_value and spend:
        found["purchase_roas"] = [{"action_type": "omni_purchase", "value": f"{total.purchase_value / spend:.6f}"}]
        found["website_purchase_roas"] = [
            {"action_type": "offsite_conversion.fb_pixel_purchase", "value": f"{total.purchase_value / spend:.6f}"}
        ]
    return found


def _counts(total: DayFacts) -> list[tuple[str, float]]:
    """The overlapping roll-ups: the same purchase is in three of them."""
    named = [
        ("link_click", total.link_clicks),
        ("landing_page_view", float(round(total.link_clicks * 0.88))),
        ("post_engagement", float(round(total.link_clicks * 1.4))),
        ("lead", total.leads),
        ("offsite_conversion.fb_pixel_lead", total.leads),
        ("purchase", total.purchases),
        ("omni_purchase", total.purchases),
        ("offsite_conversion.fb_pixel_purchase", total.purchases),
    ]
    return [(name, count) for name, count in named if count]


def _values(total: DayFacts) -> list[tuple[str, float]]:
    names = ("purchase", "omni_purchase", "offsite_conversion.fb_pixel_purchase")
    return [(name, total.purchase_value) for name in names if total.purchase_value]


def _action(name: str, value: float, windows: tuple[str, ...], places: int) -> dict[str, str]:
    # The windows that died answer with nothing, and no error says so.
    split = {window: f"{value * LIVE_WINDOWS[window]:.{places}f}" for window in windows if window in LIVE_WINDOWS}
    return {"action_type": name, "value": f"{value:.{places}f}", **split}
