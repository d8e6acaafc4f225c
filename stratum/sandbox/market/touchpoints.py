"""What a tag on the landing page reports of a click, one by one or in bulk."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from stratum.sandbox.market.people import Click, Touch


def tag_body(click: Click, write_key: str | None) -> dict[str, Any]:
    """The JSON a browser tag posts. Without consent it names no browser and no click."""
    allowed = click.consent > 0
    source = "google" if click.click_id_kind == "gclid" else "facebook"
    query = {"utm_source": source, "utm_medium": "paid"}
    if click.is_tagged:
        query |= {"utm_id": click.campaign_id, "utm_content": click.ad_id}
    if allowed:
        query[click.click_id_kind] = click.click_id
    return {
        "write_key": write_key,
        "touchpoint_id": click.touchpoint_id,
        "kind": "ad_click",
        "ad_id": click.ad_id if click.is_tagged else None,
        "occurred_at": click.occurred_at.isoformat(),
        "url": f"https://shop.example{click.landing_path}?{urlencode(query)}",
        "click_id": click.click_id if allowed else None,
        "anonymous_id": click.device.anonymous_id if allowed else None,
        "fingerprint": click.device.fingerprint if allowed else None,
        "user_agent": click.device.user_agent,
        "consent": click.consent,
    }


def bulk_row(click: Click) -> dict[str, Any]:
    """One row of the bulk import. Without consent it names no browser, no address and no click."""
    allowed = click.consent > 0
    return {
        "touchpoint_id": click.touchpoint_id,
        "occurred_at": click.occurred_at.isoformat(),
        "kind": "ad_click",
        "ad_id": click.ad_id if click.is_tagged else None,
        "campaign_id": click.campaign_id if click.is_tagged else None,
        "click_id": click.click_id if allowed else None,
        "anonymous_id": click.device.anonymous_id if allowed else None,
        "fingerprint": click.device.fingerprint if allowed else None,
        "ip": click.device.ip if allowed else None,
        "user_agent": click.device.user_agent if allowed else None,
        "consent": click.consent,
        "landing_path": click.landing_path,
    }


def touch_row(touch: Touch) -> dict[str, Any]:
    """The same of a touch that no ad brought; who came by a message or filled in a form is known by name."""
    allowed = touch.consent > 0
    return {
        "touchpoint_id": touch.touchpoint_id,
        "occurred_at": touch.occurred_at.isoformat(),
        "kind": touch.kind,
        "channel": touch.channel,
        "campaign_id": touch.campaign,
        "anonymous_id": touch.device.anonymous_id if allowed else None,
        "fingerprint": touch.device.fingerprint if allowed else None,
        "ip": touch.device.ip if allowed else None,
        "email": touch.person.email if allowed and touch.kind in ("email", "form") else None,
        "phone": touch.person.phone if allowed and touch.kind == "sms" else None,
        "user_agent": touch.device.user_agent if allowed else None,
        "consent": touch.consent,
        "landing_path": touch.landing_path,
        "form_id": touch.form_id,
    }
