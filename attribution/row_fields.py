"""The columns of imports and bulk calls, one table each: name, how it is read, whether it must be there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from attribution.domain.click_ids import KINDS
from attribution.domain.message_links import CHANNELS
from stratum.core.identifiers import identifier
from stratum.core.rows import (
    CURRENCY,
    Field,
    boolean,
    currency_code,
    day,
    decimal,
    instant,
    one_of,
    real,
    text,
    whole,
)

MONEY = Field(decimal(least=Decimal(0), places=None), round_to=CURRENCY, is_number=True)
COUNT = Field(whole(), is_number=True)
RATE = decimal(least=Decimal("0.000000001"), most=Decimal(10**9 - 1), places=None)


def share(name: str, raw: Any) -> Decimal:
    """A part of one, or per cent with their sign."""
    number = decimal(least=Decimal(0), most=Decimal(1))
    if isinstance(raw, str) and raw.strip().endswith("%"):
        return decimal(least=Decimal(0), most=Decimal(100))(name, raw.strip()[:-1]) / 100
    return number(name, raw)


AD_DAY = {
    "date": Field(day, required=True, is_day=True),
    "ad_id": Field(identifier(160), required=True),
    "spend": replace(MONEY, required=True),
    "impressions": replace(COUNT, required=True),
    "clicks": replace(COUNT, required=True),
    "ad_name": Field(text(240)),
    "adset_id": Field(identifier(160)),
    "campaign_id": Field(identifier(160)),
    "campaign_name": Field(text(240)),
    "audience": Field(text(240), default=""),
    "reach": COUNT,
    "frequency": Field(real(most=1000.0), is_number=True),
    "conversions": replace(MONEY, round_to=6),
    "conversion_value": MONEY,
    "currency": Field(currency_code),
}

TOUCHPOINT = {
    "touchpoint_id": Field(identifier(80), required=True),
    "occurred_at": Field(instant, required=True),
    "kind": Field(one_of("ad_click", "ad_view", "email", "sms", "push", "web", "form"), required=True),
    "ad_id": Field(identifier(160), default=""),
    "campaign_id": Field(identifier(160), default=""),
    "channel": Field(text(40), default=""),
    "anonymous_id": Field(text(200)),
    "fingerprint": Field(text(200)),
    "ip": Field(text(64)),
    "click_id": Field(text(600)),
    "email": Field(text(320)),
    "phone": Field(text(40)),
    "contact_id": Field(identifier(80)),
    "company": Field(text(200)),
    "region": Field(text(2), default=""),
    "click_id_kind": Field(one_of(*KINDS), default=""),
    "click_id_seen_at": Field(instant),
    "fbp": Field(text(200), default=""),
    "fbc": Field(text(700), default=""),
    "user_agent": Field(text(1000), default=""),
    "is_bot": Field(boolean, default=False),
    "landing_path": Field(text(2000), default=""),
    "form_id": Field(text(80), default=""),
    "consent": Field(whole(most=2), default=0),
}

DEAL = {
    "deal_id": Field(identifier(80), required=True),
    "created_at": Field(instant, required=True),
    "updated_at": Field(instant),
    "stage": Field(text(160), default=""),
    "stage_probability": Field(share, is_number=True),
    "is_won": Field(boolean),
    "is_lost": Field(boolean),
    "amount": Field(decimal(places=None), round_to=CURRENCY, is_number=True),
    "currency": Field(currency_code),
    "closed_at": Field(instant),
    "merged_into": Field(identifier(80)),
    "is_deleted": Field(boolean),
    "contact_id": Field(identifier(60)),
    "email": Field(text(320)),
    "phone": Field(text(40)),
    "company": Field(text(240)),
    "anonymous_id": Field(text(200)),
    "fingerprint": Field(text(200)),
    "ip": Field(text(64)),
    "user_agent": Field(text(1000)),
    "click_id": Field(text(600)),
    "click_id_kind": Field(one_of(*KINDS), default=""),
    "form_id": Field(text(80), default=""),
    "region": Field(text(2), default=""),
}

PIPELINE = {
    "ad_id": Field(identifier(160), required=True),
    "pipeline_value": replace(MONEY, required=True),
    "currency": Field(currency_code, required=True),
    "deals_count": Field(whole(most=2**31 - 1), required=True),
    "as_of": Field(instant, required=True),
}

EXCHANGE_RATE = {
    "currency": Field(currency_code, required=True),
    "day": Field(day, required=True, is_day=True),
    "rate": Field(RATE, required=True, round_to=9, is_number=True),
    "source": Field(text(40), default="file"),
}


def epoch_or_instant(name: str, raw: Any) -> datetime:
    """Seconds since 1970 as Meta counts them, or a time with its offset. Milliseconds are refused, not taken for seconds."""
    if isinstance(raw, int) or (isinstance(raw, str) and raw.strip().isdigit()):
        return datetime.fromtimestamp(whole(least=631_152_000, most=4_102_444_800)(name, raw), UTC)
    return instant(name, raw)


CONVERSION = {
    "event_name": Field(text(120), required=True),
    "event_time": Field(epoch_or_instant, required=True),
    "event_id": Field(text(64)),
    "action_source": Field(text(40), default="system_generated"),
    "event_source_url": Field(text(2000), default=""),
    "value": Field(decimal()),
    "currency": Field(text(40), default=""),
    "clicked_at": Field(epoch_or_instant),
    "consent": Field(whole(most=2)),
    "data_processing_options_country": Field(whole(most=1), default=0),
    "data_processing_options_state": Field(whole(most=1_100), default=0),
}

MESSAGE_LINK = {
    "url": Field(text(2000), required=True),
    "channel": Field(one_of(*CHANNELS), required=True),
    "campaign": Field(text(160), default=""),
    "email": Field(text(320)),
    "phone": Field(text(40)),
    "contact_id": Field(identifier(80)),
    "consent": Field(whole(most=2), default=0),
}
