"""Paths of people over channels, from touchpoints and deals: those that led to a deal, and those that did not."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from attribution.domain.paths.journeys import Journeys, Whole
from attribution.domain.paths.people import Groups, joined
from attribution.domain.paths.sessions import sessions
from attribution.models import IdentityEdge
from attribution.selectors.channel_names import Source, source_of
from stratum.core.models import Workspace
from stratum.core.periods import Period, day_begins
from stratum.core.tenancy import current_workspace_id

LOOK_BACK = timedelta(days=30)
"""Touches that came earlier before a lead are not on its path."""
MOST_CAMPAIGNS = 30
H = TypeVar("H", bound=Hashable)


class By(StrEnum):
    CHANNEL = "channel"
    CAMPAIGN = "campaign"


# A key that belongs to nobody yet stands for itself.
TOUCHES = """
    WITH known_ad AS MATERIALIZED (
        SELECT DISTINCT ON (external_id) external_id, account_id, ad_set_id FROM core_ad
        WHERE workspace_id = %(workspace)s AND external_id <> '' ORDER BY external_id, id
    )
    SELECT extract(epoch FROM touch.occurred_at)::float8,
           coalesce(cookie.person, mail.person, touch.anonymous_hash, touch.email_hash, touch.click_hash, 0), touch.click_hash,
           touch.kind, touch.channel, touch.click_id_kind, account.platform, coalesce(campaign.name, touch.campaign_external_id),
           (touch.occurred_at AT TIME ZONE %(timezone)s)::date - date '0001-01-01' + 1
    FROM attribution_touchpoint touch
    LEFT JOIN attribution_personkey cookie ON cookie.workspace_id = touch.workspace_id AND cookie.kind = %(cookie)s AND cookie.key_hash = touch.anonymous_hash
    LEFT JOIN attribution_personkey mail ON mail.workspace_id = touch.workspace_id AND mail.kind = %(mail)s AND mail.key_hash = touch.email_hash
    LEFT JOIN known_ad ad ON ad.external_id = touch.ad_external_id
    LEFT JOIN core_adaccount account ON account.id = ad.account_id
    LEFT JOIN core_adset ad_set ON ad_set.id = ad.ad_set_id
    LEFT JOIN core_campaign campaign ON campaign.id = ad_set.campaign_id
    WHERE touch.workspace_id = %(workspace)s AND NOT touch.is_bot AND touch.kind <> 'form' AND touch.occurred_at >= %(since)s AND touch.occurred_at < %(until)s
    ORDER BY touch.occurred_at, touch.id
"""
DEALS = """
    SELECT extract(epoch FROM deal.created_at)::float8, deal.value, deal.is_closed AND NOT deal.is_won, deal.created_at >= %(start)s, deal.click_hash, deal.other_click_hash,
           coalesce(cookie.person, deal.anonymous_hash), coalesce(mail.person, deal.email_hash), contact.person
    FROM attribution_deal deal
    LEFT JOIN attribution_personkey cookie ON cookie.workspace_id = deal.workspace_id AND cookie.kind = %(cookie)s AND cookie.key_hash = deal.anonymous_hash
    LEFT JOIN attribution_personkey mail ON mail.workspace_id = deal.workspace_id AND mail.kind = %(mail)s AND mail.key_hash = deal.email_hash
    LEFT JOIN attribution_personkey contact ON contact.workspace_id = deal.workspace_id AND contact.kind = %(contact)s AND contact.key_hash = deal.contact_hash
    WHERE deal.workspace_id = %(workspace)s AND deal.removed_at IS NULL AND deal.created_at < %(until)s
    ORDER BY deal.created_at, deal.id
"""


@dataclass(frozen=True)
class Touches:
    """One row a touch at session grain, sorted by person and time."""

    person: NDArray[np.int64]
    """0 where no key was left."""
    at: NDArray[np.float64]
    """Seconds since 1970."""
    day: NDArray[np.int64]
    """Ordinals of the workspace's days."""
    source: Whole
    """Places in `sources`."""
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class ChannelPaths:
    journeys: Journeys
    """Value in minor units of the workspace's currency; conversions are leads that are not lost."""
    touches: Touches
    touch: Whole
    """(journey touches,) places in `touches`."""
    deals: int
    deals_with_path: int


def channel_paths(period: Period, *, by: By = By.CHANNEL, now: datetime) -> ChannelPaths:
    """Paths of the people with a lead in the period, and of those who were touched in it and never had one.

    A lead's path holds its person's touches of the 30 days before; a lost deal's path is one that did not convert. Who never
    had a deal is watched until the period's end or `now`. Machines are left out; touches without any key are on no path.
    """
    workspace = Workspace.objects.get(pk=current_workspace_id())
    start, end = (day_begins(day, workspace.timezone) for day in (period.start, period.end + timedelta(days=1)))
    touches, clicks = _touches(workspace, start - LOOK_BACK, end)
    deals = _deals(workspace, start, end)
    people = [
        [key for key in (*keys, clicks.get(click), clicks.get(other)) if key]
        for _, _, _, _, click, other, *keys in deals
    ]
    groups = joined(people)
    owner = _owners(touches.person, groups)
    rows: list[tuple[NDArray[np.intp], float, float, float, float]] = []
    order = np.argsort(owner, kind="stable")
    order = order[np.lexsort((touches.at[order], owner[order]))]
    sorted_owner, sorted_at = owner[order], touches.at[order]
    fresh = [(deal, keys) for deal, keys in zip(deals, people, strict=True) if deal[3]]
    for (at, value, lost, *_), keys in fresh:
        here = _of(groups.of(keys[0]), sorted_owner, order) if keys else order[:0]
        here = here[(touches.at[here] >= at - LOOK_BACK.total_seconds()) & (touches.at[here] <= at)]
        rows.append((here, at, 0.0 if lost else 1.0, float(value), 1.0 if lost else 0.0))
    found = len([row for row in rows if len(row[0])])
    customers = {groups.of(key) for keys in people for key in keys}
    ends = min(end, now).timestamp()
    rows += _without_deal(sorted_owner, sorted_at, order, customers, start.timestamp(), ends)
    return _paths(rows, touches, by, deals=len(fresh), found=found)


def _of(person: int, sorted_owner: NDArray[np.int64], order: Whole) -> Whole:
    low, high = np.searchsorted(sorted_owner, [person, person + 1])
    return order[low:high]


def _without_deal(owner: Any, at: Any, order: Whole, customers: set[int], start: float, end: float) -> list[tuple]:
    inside = (at >= start) & (owner != 0) & ~np.isin(owner, np.fromiter(customers, np.int64, len(customers)))
    kept, whose = order[inside], owner[inside]
    cuts = np.flatnonzero(np.diff(whose)) + 1
    return [(part, end, 0.0, 0.0, 1.0) for part in np.split(kept, cuts) if len(part)]


def _paths(rows: list[tuple], touches: Touches, by: By, *, deals: int, found: int) -> ChannelPaths:
    channels, code = _codes(_names(touches, by), lambda name: name)
    places = [row[0] for row in rows]
    length = np.array([len(one) for one in places], dtype=np.intp)
    touch = np.concatenate(places) if places else np.zeros(0, np.intp)
    ends = np.repeat(np.array([row[1] for row in rows]), length)
    conversions, value, nulls = (np.array([row[column] for row in rows], float) for column in (2, 3, 4))
    journeys = Journeys(
        tuple(channels),
        np.concatenate(([0], np.cumsum(length, dtype=np.intp))),
        code[touches.source[touch]] if len(code) else np.zeros(0, np.intp),
        conversions,
        value,
        nulls,
        np.maximum(ends - touches.at[touch], 0.0) / 86_400,
    )
    return ChannelPaths(journeys, touches, touch, deals, found)


def _names(touches: Touches, by: By) -> list[str]:
    """(sources,) the channel or campaign; campaigns beyond the most touched ones go together by channel."""
    if by is By.CHANNEL:
        return [one.channel for one in touches.sources]
    count = np.bincount(touches.source, minlength=len(touches.sources))
    kept = set(np.argsort(-count, kind="stable")[:MOST_CAMPAIGNS].tolist())
    return [one.campaign if place in kept else f"{one.channel}: others" for place, one in enumerate(touches.sources)]


def _touches(workspace: Workspace, since: datetime, until: datetime) -> tuple[Touches, dict[int, int]]:
    """Touches at session grain, and the person behind each click id."""
    rows = _rows(TOUCHES, workspace, since=since, until=until, timezone=workspace.timezone)
    at, person, click, *source, day = zip(*rows, strict=True) if rows else [()] * 9
    sources, code = _codes(list(zip(*source, strict=True)), lambda one: source_of(*one))
    who, when = np.array(person, np.int64), np.array(at, float)
    begins = sessions(who, code, when)
    found = Touches(who[begins], when[begins], np.array(day, np.int64)[begins], code[begins], tuple(sources))
    return found, {key: owner for key, owner in zip(click, person, strict=True) if key is not None}


def _deals(workspace: Workspace, start: datetime, until: datetime) -> list[tuple]:
    return _rows(DEALS, workspace, start=start, until=until)


def _rows(statement: str, workspace: Workspace, **values: object) -> list[tuple]:
    key = IdentityEdge.Key
    kinds = {
        "cookie": key.ANONYMOUS.value,
        "mail": key.EMAIL.value,
        "contact": key.CONTACT.value,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, {"workspace": workspace.pk, **kinds, **values})
        return cursor.fetchall()


def _codes(values: list[Any], name: Callable[[Any], H]) -> tuple[list[H], Whole]:
    """Distinct names in their order, and (values,) places among them. Each distinct value is named once."""
    named = {value: name(value) for value in dict.fromkeys(values)}
    names = sorted(set(named.values()))
    place = {one: number for number, one in enumerate(names)}
    return names, np.array([place[named[value]] for value in values], dtype=np.intp)


def _owners(person: NDArray[np.int64], groups: Groups) -> NDArray[np.int64]:
    """(touches,) the group of each touch's person; 0 stays nobody."""
    keys, inverse = np.unique(person, return_inverse=True)
    return np.array([groups.of(int(key)) if key else 0 for key in keys], np.int64)[inverse.reshape(-1)]
