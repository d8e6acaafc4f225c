"""The columns of imports and bulk calls, one table each: name, how it is read, whether it must be there."""

from __future__ import annotations

from decimal import Decimal

from attribution.domain.click_ids import KINDS
from attribution.domain.message_links import CHANNELS
from stratum.core.rows import Field, boolean, day, decimal, instant, one_of, real, text, whole

MONEY = decimal(least=Decimal(0))

AD_DAY = {
    "date": Field(day, required=True),
    "ad_id": Field(text(160), required=True),
    "spend": Field(MONEY, required=True),
    "impressions": Field(whole(), required=True),
    "clicks": Field(whole(), required=True),
    "ad_name": Field(text(240)),
    "adset_id": Field(text(160)),
    "campaign_id": Field(text(160)),
    "campaign_name": Field(text(240)),
    "audience": Field(text(240), default=""),
    "reach": Field(whole()),
    "frequency": Field(real()),
    "conversions": Field(MONEY),
    "conversion_value": Field(MONEY),
    "currency": Field(text(3)),
}
AD_DAY_ALIASES = {"campaign": "campaign_name"}

TOUCHPOINT = {
    "touchpoint_id": Field(text(80), required=True),
    "occurred_at": Field(instant, required=True),
    "kind": Field(one_of("ad_click", "ad_view", "email", "sms", "push", "web", "form"), required=True),
    "ad_id": Field(text(160), default=""),
    "campaign_id": Field(text(160), default=""),
    "channel": Field(text(40), default=""),
    "anonymous_id": Field(text(200)),
    "fingerprint": Field(text(200)),
    "ip": Field(text(64)),
    "click_id": Field(text(600)),
    "email": Field(text(320)),
    "click_id_kind": Field(one_of(*KINDS), default=""),
    "click_id_seen_at": Field(instant),
    "fbp": Field(text(200), default=""),
    "fbc": Field(text(700), default=""),
    "user_agent": Field(text(1000), default=""),
    "is_bot": Field(boolean, default=False),
    "landing_path": Field(text(400), default=""),
    "form_id": Field(text(80), default=""),
    "consent": Field(whole(most=2), default=0),
}

DEAL = {
    "deal_id": Field(text(80), required=True),
    "created_at": Field(instant, required=True),
    "updated_at": Field(instant),
    "stage": Field(text(160), default=""),
    "stage_probability": Field(decimal(least=Decimal(0), most=Decimal(1))),
    "is_won": Field(boolean),
    "is_lost": Field(boolean),
    "amount": Field(decimal()),
    "currency": Field(text(3)),
    "closed_at": Field(instant),
    "email": Field(text(320)),
    "anonymous_id": Field(text(200)),
    "fingerprint": Field(text(200)),
    "ip": Field(text(64)),
    "click_id": Field(text(600)),
}

MESSAGE_LINK = {
    "url": Field(text(2000), required=True),
    "channel": Field(one_of(*CHANNELS), required=True),
    "campaign": Field(text(160), default=""),
    "email": Field(text(320)),
    "phone": Field(text(40)),
    "contact_id": Field(text(80)),
    "consent": Field(whole(most=2), default=0),
}
