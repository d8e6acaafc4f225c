"""Whether money flows in a state of a campaign, an ad set or an ad.

Meta's effective statuses: https://developers.facebook.com/docs/marketing-api/reference/ad-campaign-group.
Google's pairs of `campaign.status` and `campaign.serving_status`: https://developers.google.com/google-ads/api/fields/v23/campaign.
"""

from __future__ import annotations

from enum import StrEnum

LONGEST_STATUS = 20
"""Characters that are stored of a status."""


class Delivery(StrEnum):
    SPENDS = "spends"
    MAY_SPEND = "may spend"
    """Not now, but without anybody's word: a review passes, a bill is paid, a start date comes."""
    CANNOT = "cannot"


SPENDS, MAY_SPEND, CANNOT = Delivery.SPENDS, Delivery.MAY_SPEND, Delivery.CANNOT
META: dict[str, Delivery] = {
    "ACTIVE": SPENDS,
    "IN_PROCESS": SPENDS,
    "WITH_ISSUES": SPENDS,
    "PREAPPROVED": MAY_SPEND,
    "PENDING_REVIEW": MAY_SPEND,
    "PENDING_BILLING_INFO": MAY_SPEND,
    "DISAPPROVED": CANNOT,
    "PAUSED": CANNOT,
    "CAMPAIGN_PAUSED": CANNOT,
    "ADSET_PAUSED": CANNOT,
    "ARCHIVED": CANNOT,
    "DELETED": CANNOT,
}
GOOGLE: dict[str, Delivery] = {"PENDING": MAY_SPEND, "SUSPENDED": MAY_SPEND, "NOT_SERVING": MAY_SPEND, "ENDED": CANNOT}
STATUSES = META | GOOGLE
"""By the status that is stored; where both platforms mean the same, in Meta's words."""
GOOGLE_OWN = {"ENABLED": "ACTIVE", "PAUSED": "PAUSED", "REMOVED": "ARCHIVED"}
GOOGLE_SERVING = {"SERVING": "ACTIVE", "NONE": "NOT_SERVING", "ENDED": "ENDED", "PENDING": "PENDING", "SUSPENDED": "SUSPENDED"}  # fmt: skip
CANNOT_SPEND = tuple(status for status, delivery in STATUSES.items() if delivery is CANNOT)
WILL_SPEND = tuple(status for status, delivery in STATUSES.items() if delivery is MAY_SPEND)


def delivery_of(status: str) -> Delivery:
    """A status that nobody has heard of counts as spending."""
    return STATUSES.get(status, SPENDS)


def google_status(own: str, serving: str | None) -> str:
    """The stored status of a pair of Google's. An enabled campaign is in the state that it serves in; unknown words stay as they are."""
    status = GOOGLE_OWN.get(own, own or "UNKNOWN")
    if status != "ACTIVE" or serving is None:
        return status[:LONGEST_STATUS]
    return GOOGLE_SERVING.get(serving, "ACTIVE")
