from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from attribution.actions.people.link_keys import SeenTogether, link_keys
from attribution.domain.identity import ANONYMOUS, COMPANY, CONTACT, EMAIL, PHONE
from attribution.models import Deal
from attribution.sql import statement
from stratum.core.models import Workspace

PERSON = ((CONTACT, "contact_hash"), (EMAIL, "email_hash"), (PHONE, "phone_hash"))
OTHERS = (*PERSON, (ANONYMOUS, "anonymous_hash"), (COMPANY, "company_hash"))


def link_deals(workspace: Workspace, deals: Sequence[Deal], *, source: str) -> None:
    """What a lead's keys say about who belongs together: its contact, addresses, browser, and the browsers that its click ids were seen in.

    Other deals of people that changed by it are queued to be matched again.
    """
    browsers = _browsers(workspace, deals)
    seen = []
    for deal in deals:
        person = next(((kind, getattr(deal, name)) for kind, name in PERSON if getattr(deal, name) is not None), None)
        if person is None:
            continue
        keys = [(kind, getattr(deal, name)) for kind, name in OTHERS if getattr(deal, name) is not None]
        keys += [(ANONYMOUS, browser) for browser in browsers.get(deal.pk, ())]
        seen += [SeenTogether(person, key, source, deal.created_at) for key in keys if key != person]
    link_keys(workspace, seen)


def _browsers(workspace: Workspace, deals: Sequence[Deal]) -> dict[int, list[int]]:
    """By deal, the browsers that opened the links of its click ids."""
    found: dict[int, list[int]] = {}
    clicks = [
        (deal, click) for deal in deals for click in (deal.click_hash, deal.other_click_hash) if click is not None
    ]
    if clicks:
        asked = zip(*((deal.pk, click, deal.created_at) for deal, click in clicks), strict=True)
        values = dict(zip(("deals", "clicks", "times"), map(list, asked), strict=True))
        with connection.cursor() as cursor:
            cursor.execute(statement("browsers_of_clicks"), {"workspace": workspace.pk, **values})
            for deal, browser in cursor.fetchall():
                found.setdefault(deal, []).append(browser)
    return found
