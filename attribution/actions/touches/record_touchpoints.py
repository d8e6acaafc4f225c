from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from attribution.actions.credit.match_again import match_again_for_clicks, match_again_for_sharers
from attribution.actions.deals.take_from_form import MAY_FOLLOW
from attribution.actions.people.link_keys import SeenTogether, link_keys
from attribution.actions.people.remember_erased import erased_among
from attribution.actions.touches.complete_touches import complete_touches
from attribution.actions.touches.tie_to_campaigns import tie_to_campaigns
from attribution.domain.identity import ANONYMOUS
from attribution.identity import COLUMNS, PERSON_KINDS, hashed, hashes_of_row
from attribution.sql import statement
from attribution.visits import collected
from stratum.core.clock import now
from stratum.core.crypto import encrypt
from stratum.core.models import Workspace

TEXTS = ("touchpoint_id", "kind", "ad_id", "campaign_id", "channel", "landing_path", "form_id", "region")
HASHES = ("click", "anonymous", "fingerprint", "ip", "email")
BY_CLICK = HASHES[:4]
SHARED = ("fingerprint", "ip")
COLLECTED = ("is_bot", "click_id_kind", "click_id_seen_at", "fbc", "fbp", "user_agent")
SECRET = ("fbc", "fbp", "user_agent")
PEOPLE = ("email", "phone", "contact", "company")
ERASABLE = ("email", "phone", "contact")
BLANK = {"fbc": "", "fbp": "", "user_agent": "", "click_id": None, "ip": None, "click_id_kind": ""}
NO_KEYS = dict.fromkeys(COLUMNS.values())
Touch = tuple[dict[str, Any], dict[str, int | None]]
"""Fields of a touchpoint, and the hashes of its keys."""
SOURCES = {"form": "form", "email": "link", "sms": "link", "push": "link"}


@transaction.atomic
def record_touchpoints(workspace: Workspace, rows: Sequence[dict[str, Any]]) -> int:
    """Stores touchpoints (fields of `row_fields.TOUCHPOINT`), each id once, and returns how many were new.

    Without consent no identifier is kept. Keys that were seen together become edges between them, and deals that a new click,
    edge or sharer of a key may concern are matched again.
    """
    received_at = now()
    # In one order for all, so that two calls with the same touches wait for each other instead of locking each other out.
    rows = complete_touches(rows)
    rows = [row for _, row in sorted({row["touchpoint_id"]: row for row in reversed(rows)}.items())]
    keyed = _of_the_living([(row, _keys(workspace, row)) for row in rows])
    new = _insert(workspace, keyed, received_at)
    fresh = [(row, keys) for row, keys in keyed if row["touchpoint_id"] in new]
    # Machines are kept, but whom they pretend to be is nobody's business.
    people = [(row, keys) for row, keys in fresh if not new[row["touchpoint_id"]]]
    if new:
        tie_to_campaigns(list(new))
    link_keys(workspace, _edges(people))
    _match_again(
        clicks=[(row, keys) for row, keys in people if row["kind"] == "ad_click"],
        forms=[(row, keys) for row, keys in people if row["kind"] == "form" and keys["anonymous_hash"] is not None],
        others=[(row, keys) for row, keys in fresh if row["kind"] != "ad_click" or new[row["touchpoint_id"]]],
    )
    return len(new)


def _match_again(*, clicks: Sequence[Touch], forms: Sequence[Touch], others: Sequence[Touch]) -> None:
    """A click may have led to a deal, a form tells of its browser's leads, and whoever else has a key makes it say less."""
    if clicks:
        times = [row["occurred_at"] for row, _ in clicks]
        keys = {
            key: [found[f"{key}_hash"] for _, found in clicks if found[f"{key}_hash"] is not None] for key in BY_CLICK
        }
        match_again_for_clicks(keys, first=min(times), last=max(times))
    if forms:
        times = [row["occurred_at"] for row, _ in forms]
        browsers = [keys["anonymous_hash"] for _, keys in forms]
        match_again_for_clicks({"anonymous": browsers}, first=min(times) - MAY_FOLLOW, last=max(times))
    match_again_for_sharers(
        {
            key: [(keys[f"{key}_hash"], row["occurred_at"]) for row, keys in others if keys[f"{key}_hash"] is not None]
            for key in SHARED
        }
    )


def _keys(workspace: Workspace, row: dict[str, Any]) -> dict[str, int | None]:
    keys = hashes_of_row(workspace.pk, row if row["consent"] else NO_KEYS)
    if keys["anonymous_hash"] is None and any(keys[f"{key}_hash"] is not None for key in (*PEOPLE, "click")):
        # A touch without a cookie stands for a device of its own, so that clicks and people are found one way.
        keys["anonymous_hash"] = hashed(workspace.pk, "anonymous", f"touchpoint {row['touchpoint_id']}")
    return keys


def _of_the_living(keyed: list[tuple[dict, dict]]) -> list[tuple[dict, dict]]:
    """A touch that names an erased person counts as a touch of nobody."""
    kinds = {f"{key}_hash": PERSON_KINDS[key] for key in ERASABLE}
    gone = erased_among(
        {(kind, keys[name]) for _, keys in keyed for name, kind in kinds.items() if keys[name] is not None}
    )
    if not gone:
        return keyed
    return [
        (row | BLANK, dict.fromkeys(keys))
        if any((kind, keys[name]) in gone for name, kind in kinds.items())
        else (row, keys)
        for row, keys in keyed
    ]


def _insert(workspace: Workspace, keyed: Sequence[tuple[dict, dict]], received_at: datetime) -> dict[str, bool]:
    """The ids that were new, and whether a machine sent them."""
    columns = {name: [row[name] for row, _ in keyed] for name in (*TEXTS, "occurred_at", "consent")}
    visits = [collected(row) for row, _ in keyed]
    columns |= {name: [visit[name] for visit in visits] for name in COLLECTED}
    columns |= {name: [text and encrypt(text) for text in columns[name]] for name in SECRET}
    columns |= {f"{key}_hash": [keys[f"{key}_hash"] for _, keys in keyed] for key in HASHES}
    with connection.cursor() as cursor:
        rows = json.dumps(
            [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)], default=str
        )
        values = {"workspace": workspace.pk, "received_at": received_at, "rows": rows}
        cursor.execute(statement("insert_touchpoints"), values)
        return dict(cursor.fetchall())


def _edges(fresh: Sequence[tuple[dict, dict]]) -> list[SeenTogether]:
    return [
        SeenTogether(
            (ANONYMOUS, keys["anonymous_hash"]),
            (PERSON_KINDS[key], keys[f"{key}_hash"]),
            SOURCES.get(row["kind"], "tag"),
            row["occurred_at"],
        )
        for row, keys in fresh
        for key in PEOPLE
        if keys[f"{key}_hash"] is not None
    ]
