"""Who belongs together: people are derived from edges between keys, and can be derived anew when an edge turns out wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

ANONYMOUS, EMAIL, PHONE, CONTACT, COMPANY = 1, 2, 3, 4, 5
Key = tuple[int, int]
"""Kind and hash."""

MOST_KEYS = 50
MOST_EMAILS = 5
MOST_PEOPLE_OF_A_BROWSER = 2
MOST_CONTACTS = 1


@dataclass(frozen=True)
class Edge:
    left: Key
    right: Key
    seen_at: float
    """Seconds since 1970."""


@dataclass(frozen=True)
class People:
    person_of: dict[Key, Key]
    """Every key to the smallest key of its person."""
    shared_by: dict[Key, int]
    """Anonymous ids to the number of e-mail addresses or contacts seen with them, where there was more than one."""
    refused: tuple[Edge, ...]
    """Edges that are kept but join nobody: they would merge two contacts, or make a person too large to be one."""


def people(edges: Iterable[Edge]) -> People:
    """Clusters of keys. The same edges give the same people, in whatever order they came.

    Older edges go first. Contacts are unique ids: no two of them ever share a person. An anonymous id that was seen with
    more than two people is a shared browser and joins none of them. A company is no person.
    """
    edges = sorted(edges, key=lambda edge: (edge.seen_at, edge.left, edge.right))
    shared_by = _people_behind(edges)
    clusters = _Clusters()
    refused = []
    for edge in edges:
        clusters.add(edge.left)
        clusters.add(edge.right)
        if COMPANY in (edge.left[0], edge.right[0]):
            continue
        shared = max(shared_by.get(edge.left, 1), shared_by.get(edge.right, 1)) > MOST_PEOPLE_OF_A_BROWSER
        if shared or not clusters.join(edge.left, edge.right):
            refused.append(edge)
    person_of = {key: min(members) for members in clusters.all() for key in members}
    return People(person_of, {key: count for key, count in shared_by.items() if count > 1}, tuple(refused))


def shared_browsers(edges: Iterable[Edge]) -> set[Key]:
    """Anonymous ids that too many people were seen with."""
    return {key for key, count in _people_behind(edges).items() if count > MOST_PEOPLE_OF_A_BROWSER}


def _people_behind(edges: Iterable[Edge]) -> dict[Key, int]:
    """For every anonymous id, the larger of its numbers of e-mail addresses and contacts."""
    seen: dict[Key, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    for edge in edges:
        for one, other in ((edge.left, edge.right), (edge.right, edge.left)):
            if one[0] == ANONYMOUS and other[0] in (EMAIL, CONTACT):
                seen[one][other[0]].add(other[1])
    return {key: max(len(hashes) for hashes in kinds.values()) for key, kinds in seen.items()}


class _Clusters:
    def __init__(self) -> None:
        self._of: dict[Key, set[Key]] = {}

    def add(self, key: Key) -> None:
        self._of.setdefault(key, {key})

    def join(self, left: Key, right: Key) -> bool:
        """Whether they belong together now; False where the limits forbid it."""
        one, other = self._of[left], self._of[right]
        if one is other:
            return True
        union = one | other
        kinds = [kind for kind, _ in union]
        if len(union) > MOST_KEYS or kinds.count(CONTACT) > MOST_CONTACTS or kinds.count(EMAIL) > MOST_EMAILS:
            return False
        for key in union:
            self._of[key] = union
        return True

    def all(self) -> list[set[Key]]:
        return list({id(members): members for members in self._of.values()}.values())
