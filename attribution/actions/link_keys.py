"""Facts about who was seen with what, and the people that follow from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from attribution.actions.match_again import match_again_for_people
from attribution.domain.identity import COMPANY, Edge, Key, people, shared_browsers
from stratum.core.models import Workspace
from stratum.core.tenancy import current_workspace_id

MOST_STEPS = 12
"""How far a person is followed along edges; a person has at most 50 keys."""

STORE = """
    INSERT INTO attribution_identityedge (workspace_id, left_kind, left_hash, right_kind, right_hash, source, first_seen_at, retracted_because)
    SELECT %s, * , '' FROM unnest(%s::int[], %s::bigint[], %s::int[], %s::bigint[], %s::text[], %s::timestamptz[])
    ON CONFLICT (workspace_id, left_kind, left_hash, right_kind, right_hash)
    DO UPDATE SET first_seen_at = excluded.first_seen_at WHERE attribution_identityedge.first_seen_at > excluded.first_seen_at
"""
NEIGHBOURS = """
    SELECT edge.left_kind, edge.left_hash, edge.right_kind, edge.right_hash, extract(epoch FROM edge.first_seen_at)::float8
    FROM unnest(%(kinds)s::int[], %(hashes)s::bigint[]) AS key(kind, hash)
    CROSS JOIN LATERAL (
        SELECT * FROM attribution_identityedge edge
        WHERE edge.workspace_id = %(workspace)s AND edge.{side}_kind = key.kind AND edge.{side}_hash = key.hash
          AND edge.retracted_at IS NULL AND edge.right_kind <> 5
        ORDER BY edge.first_seen_at, edge.id LIMIT %(most)s
    ) AS edge
"""
SAME_PEOPLE = """
    SELECT other.kind, other.key_hash FROM unnest(%(kinds)s::int[], %(hashes)s::bigint[]) AS key(kind, hash)
    JOIN attribution_personkey mine ON mine.workspace_id = %(workspace)s AND mine.kind = key.kind AND mine.key_hash = key.hash
    JOIN attribution_personkey other ON other.workspace_id = %(workspace)s AND other.person = mine.person
"""
KEEP_PEOPLE = """
    INSERT INTO attribution_personkey (workspace_id, kind, key_hash, person, shared_by)
    SELECT %s, * FROM unnest(%s::int[], %s::bigint[], %s::bigint[], %s::int[])
    ON CONFLICT (workspace_id, kind, key_hash) DO UPDATE SET person = excluded.person, shared_by = excluded.shared_by
    WHERE (attribution_personkey.person, attribution_personkey.shared_by) <> (excluded.person, excluded.shared_by)
    RETURNING kind, key_hash
"""
PEOPLE_LOCK = 7117
MOST_KEYS_AROUND = 20_000
MOST_EDGES_OF_A_KEY = 500
"""The oldest are looked at: a person is full long before, and an address that everybody gives must not be read whole."""


@dataclass(frozen=True)
class SeenTogether:
    left: Key
    right: Key
    source: str
    """tag, form, link, crm or import."""
    seen_at: datetime


@transaction.atomic
def link_keys(workspace: Workspace, seen: Sequence[SeenTogether]) -> set[Key]:
    """Stores edges, each once, and derives their people anew; returns the keys whose person changed.

    The deals of those keys are queued to be matched again.
    """
    seen = [one for one in seen if one.left != one.right]
    edges = {
        (min(one.left, one.right), max(one.left, one.right)): one
        for one in sorted(seen, key=lambda one: one.seen_at, reverse=True)
    }
    if not edges:
        return set()
    lock_people(workspace)
    columns = zip(
        *((*left, *right, one.source, one.seen_at) for (left, right), one in sorted(edges.items())), strict=True
    )
    with connection.cursor() as cursor:
        cursor.execute(STORE, [workspace.pk, *map(list, columns)])
    changed = derive_people({key for pair in edges for key in pair if key[0] != COMPANY})
    match_again_for_people(changed)
    return changed


def derive_people(keys: Iterable[Key]) -> set[Key]:
    """Derives the people around these keys from their edges, and returns the keys whose person changed."""
    edges, nodes = _around(_known_together(set(keys)))
    found = people(edges)
    rows = [
        (
            kind,
            key_hash,
            named(found.person_of.get((kind, key_hash), (kind, key_hash))),
            min(found.shared_by.get((kind, key_hash), 1), 32_000),
        )
        for kind, key_hash in sorted(nodes)
    ]
    with connection.cursor() as cursor:
        cursor.execute(KEEP_PEOPLE, [current_workspace_id(), *map(list, zip(*rows, strict=True))])
        return set(cursor.fetchall())


def named(key: Key) -> int:
    """A person's number: the hash of its smallest key, moved by its kind so that kinds do not meet."""
    moved = (key[1] ^ (key[0] << 56)) & (2**64 - 1)
    return moved - 2**64 if moved >= 2**63 else moved


def lock_people(workspace: Workspace) -> None:
    """Two writers that derive the same person at once would each miss the other's edge.

    Whoever holds rows that `link_keys` may queue takes this lock before them.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [PEOPLE_LOCK, workspace.pk])


def _known_together(keys: set[Key]) -> set[Key]:
    """The keys and all that were derived to belong with them before: what falls apart must be told to all its parts."""
    return keys | set(_rows(SAME_PEOPLE, keys))


def _around(start: set[Key]) -> tuple[set[Edge], set[Key]]:
    """The edges around some keys, and the keys that were looked at. A shared browser is a wall: nobody is joined through it."""
    edges: set[Edge] = set()
    looked_at: set[Key] = set()
    frontier = start
    for _ in range(MOST_STEPS):
        if not frontier or len(looked_at) > MOST_KEYS_AROUND:
            break
        found = {
            Edge((row[0], row[1]), (row[2], row[3]), row[4])
            for side in ("left", "right")
            for row in _rows(NEIGHBOURS.replace("{side}", side), frontier)
        }
        edges |= found
        looked_at |= frontier
        walls = shared_browsers(edges)
        frontier = {
            other
            for edge in found
            for one, other in ((edge.left, edge.right), (edge.right, edge.left))
            if one in looked_at and one not in walls
        } - looked_at
    return edges, looked_at


def _rows(text: str, keys: set[Key]) -> list[tuple]:
    if not keys:
        return []
    kinds, hashes = map(list, zip(*sorted(keys), strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            text, {"workspace": current_workspace_id(), "kinds": kinds, "hashes": hashes, "most": MOST_EDGES_OF_A_KEY}
        )
        return cursor.fetchall()
