"""Facts about who was seen with what, and the people that follow from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from attribution.actions.credit.match_again import match_again_for_people
from attribution.actions.people.remember_erased import erased_among
from attribution.domain.identity import ANONYMOUS, COMPANY, Edge, Key, people, shared_browsers
from attribution.models import IdentityEdge, PersonKey
from stratum.core.models import Workspace
from stratum.core.planner import analyse
from stratum.core.tenancy import current_workspace_id

MANY = 1_000
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
"""
STANDING = """
    SELECT mine.kind, mine.key_hash, mine.person, mine.shared_by FROM unnest(%(kinds)s::int[], %(hashes)s::bigint[]) AS key(kind, hash)
    JOIN attribution_personkey mine ON mine.workspace_id = %(workspace)s AND mine.kind = key.kind AND mine.key_hash = key.hash
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
    gone = erased_among({key for one in seen for key in (one.left, one.right)})
    seen = [one for one in seen if one.left != one.right and not {one.left, one.right} & gone]
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
    if len(edges) >= MANY:
        # A table that was small a moment ago would be read whole for every key.
        analyse(IdentityEdge, PersonKey)
    changed = derive_people({key for pair in edges for key in pair if key[0] != COMPANY})
    match_again_for_people(changed)
    return changed


def derive_people(keys: Iterable[Key]) -> set[Key]:
    """Derives the people around these keys from their edges, and returns the keys whose person changed.

    Whoever gained or lost a browser changed as well, whatever number the person has.
    """
    edges, nodes = _around(same_people(set(keys)))
    found = people(edges)
    rows = {
        key: (named(found.person_of.get(key, key)), min(found.shared_by.get(key, 1), 32_000)) for key in sorted(nodes)
    }
    stood = {(kind, key_hash): (person, shared) for kind, key_hash, person, shared in _rows(STANDING, nodes)}
    changed = {key for key, row in rows.items() if stood.get(key) != row}
    if not changed:
        return set()
    kinds, hashes = zip(*sorted(changed), strict=True)
    persons, shared = zip(*(rows[key] for key in sorted(changed)), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(KEEP_PEOPLE, [current_workspace_id(), *map(list, (kinds, hashes, persons, shared))])
    moved = {row[0] for key in changed if key[0] == ANONYMOUS for row in (stood.get(key), rows[key]) if row is not None}
    return changed | {key for key, row in rows.items() if row[0] in moved or stood.get(key, row)[0] in moved}


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


def same_people(keys: set[Key]) -> set[Key]:
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
