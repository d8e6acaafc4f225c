from __future__ import annotations

from django.conf import settings

from attribution.domain.message_links import CHANNELS, MessageLink, may_lead_to, read_hosts
from attribution.identity import hashed
from attribution.message_tokens import make_token
from attribution.models import CollectionSettings
from stratum.core.models import Workspace


class LinkRefused(ValueError):
    """The link may not be made; says which field is why."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field, self.reason = field, reason


def make_message_link(
    workspace: Workspace,
    *,
    url: str,
    channel: str,
    campaign: str = "",
    email: str | None = None,
    phone: str | None = None,
    contact_id: str | None = None,
    consent: int = 0,
) -> str:
    """The tracked address of a message's link. It tells whom the message went to only where that person consented.

    Raises LinkRefused unless `url` leads to a host of the workspace's collection settings.
    """
    if channel not in CHANNELS:
        raise LinkRefused("channel", f"must be one of {', '.join(CHANNELS)}")
    settings_row = CollectionSettings.objects.first()
    if not may_lead_to(url, read_hosts(settings_row.link_hosts if settings_row else "")):
        raise LinkRefused("url", "must lead to a host that the workspace's collection settings allow")
    person = {"email": email, "phone": phone, "contact": contact_id} if consent else {}
    keys = {f"{key}_hash": hashed(workspace.pk, key, value) for key, value in person.items()}
    link = MessageLink(workspace.pk, url, channel, campaign=campaign, consent=consent, **keys)
    return f"{settings.PUBLIC_URL}/go/{make_token(link)}"
