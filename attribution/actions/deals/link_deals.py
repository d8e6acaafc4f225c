from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from attribution.actions.people.link_keys import SeenTogether, link_keys
from attribution.domain.identity import ANONYMOUS, COMPANY, CONTACT, EMAIL, PHONE
from attribution.models import Deal
from stratum.core.models import Workspace

PERSON = ((CONTACT, "contact_hash"), (EMAIL, "email_hash"), (PHONE, "phone_hash"))
OTHERS = (*PERSON, (ANONYMOUS, "anonymous_hash"), (COMPANY, "company_hash"))
BROWSERS_OF_CLICKS = """
    SELECT click_hash, anonymous_hash FROM attribution_touchpoint
    WHERE workspace_id = %s AND click_hash = ANY(%s) AND anonymous_hash IS NOT NULL
"""


def link_deals(workspace: Workspace, deals: Sequence[Deal], *, source: str) -> None:
    """What a lead's keys say about who belongs together: its contact, addresses, browser, and the browser of its click id.

    Other deals of people that changed by it are queued to be matched again.
    """
    browsers = _browsers(workspace, [deal.click_hash for deal in deals if deal.click_hash is not None])
    seen = []
    for deal in deals:
        person = next(((kind, getattr(deal, name)) for kind, name in PERSON if getattr(deal, name) is not None), None)
        if person is None:
            continue
        keys = [(kind, getattr(deal, name)) for kind, name in OTHERS if getattr(deal, name) is not None]
        keys += [(ANONYMOUS, browser) for browser in browsers.get(deal.click_hash, ())]
        seen += [SeenTogether(person, key, source, deal.created_at) for key in keys if key != person]
    link_keys(workspace, seen)


def _browsers(workspace: Workspace, clicks: list[int]) -> dict[int | None, list[int]]:
    found: dict[int | None, list[int]] = {}
    if clicks:
        with connection.cursor() as cursor:
            cursor.execute(BROWSERS_OF_CLICKS, [workspace.pk, clicks])
            for click, browser in cursor.fetchall():
                found.setdefault(click, []).append(browser)
    return found
