"""One table: which role may do what. A verb is what a person or a key wants to do, whatever page or endpoint it uses."""

from __future__ import annotations

VIEWER, OPERATOR, APPROVER, OWNER = "viewer", "operator", "approver", "owner"
ROLES = (VIEWER, OPERATOR, APPROVER, OWNER)

READ, INGEST, DECIDE, APPROVE, ADMIN = "read", "ingest", "decide", "approve", "admin"
VERBS = (READ, INGEST, DECIDE, APPROVE, ADMIN)

ALLOWED: dict[str, frozenset[str]] = {
    VIEWER: frozenset({READ}),
    OPERATOR: frozenset({READ, INGEST, DECIDE}),
    APPROVER: frozenset({READ, INGEST, DECIDE, APPROVE}),
    OWNER: frozenset(VERBS),
}


def may(role: str | None, verb: str) -> bool:
    return verb in ALLOWED.get(role or "", frozenset())
