from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from stratum.core import permissions
from stratum.core.clock import real_now
from stratum.core.models import ApiKey, Workspace
from stratum.core.prepared import plain_columns, prepared_row

if TYPE_CHECKING:
    from rest_framework.views import APIView


WORKSPACE = plain_columns(Workspace)
HOLDER = f"""
    SELECT key.id, key.label, key.scopes, coalesce(key.last_used_at, '-infinity') < date_trunc('minute', %(now)s::timestamptz),
           {", ".join(f"workspace.{column}" for column in WORKSPACE)}
    FROM core_workspace workspace JOIN core_apikey key ON key.workspace_id = workspace.id
    WHERE workspace.key_prefix = %(prefix)s AND key.secret_hash = %(hash)s
      AND key.revoked_at IS NULL AND (key.expires_at IS NULL OR key.expires_at > %(now)s)
"""  # noqa: S608 - column names of our own


@dataclass(frozen=True)
class KeyHolder:
    """Who calls with an API key: a workspace and what the key may do."""

    label: str
    scopes: Collection[str]
    workspace: Workspace
    is_authenticated: bool = True

    def __str__(self) -> str:
        return f"key {self.label}"


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def make_key(workspace: Workspace, *, label: str, scopes: list[str]) -> str:
    """Stores a new key's hash and returns the key itself, which cannot be shown again."""
    key = f"sk_{workspace.key_prefix}_{secrets.token_urlsafe(32)}"
    keep_key(workspace, key, label=label, scopes=scopes)
    return key


def keep_key(workspace: Workspace, key: str, *, label: str, scopes: list[str]) -> ApiKey:
    """Stores the hash of a key `sk_<prefix>_<secret>` whose prefix is the workspace's."""
    secret = key.removeprefix(f"sk_{workspace.key_prefix}_")
    return ApiKey.everywhere.create(workspace=workspace, label=label, secret_hash=_hash(secret), scopes=scopes)


class KeyAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[KeyHolder, None] | None:
        scheme, _, token = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        kind, _, rest = token.strip().partition("_")
        prefix, _, secret = rest.partition("_")
        if kind != "sk" or not secret:
            raise AuthenticationFailed("An API key looks like sk_<workspace>_<secret>.")
        row = prepared_row(HOLDER, {"prefix": prefix, "hash": _hash(secret), "now": real_now()})
        if row is None:
            raise AuthenticationFailed("This API key is unknown, revoked or expired.")
        key, label, scopes, is_first_this_minute, *workspace = row
        if is_first_this_minute:
            ApiKey.everywhere.filter(pk=key).update(last_used_at=real_now())
        return KeyHolder(label, scopes, Workspace.from_db(connection.alias, WORKSPACE, workspace)), None

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class HasVerb(BasePermission):
    """A view names its verb by method, `verbs = {"POST": "decide"}`; reading needs `read`."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        verb = getattr(view, "verbs", {}).get(request.method, permissions.READ)
        if isinstance(request.user, KeyHolder):
            if verb not in request.user.scopes:
                raise PermissionDenied(f"This key lacks the scope “{verb}”.")
            return True
        http_request: Any = request._request
        return bool(
            request.user
            and request.user.is_authenticated
            and permissions.may(getattr(http_request, "role", None), verb)
        )
