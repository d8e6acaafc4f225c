from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from stratum.core import permissions
from stratum.core.clock import real_now
from stratum.core.models import ApiKey, Workspace

if TYPE_CHECKING:
    from rest_framework.views import APIView


@dataclass(frozen=True)
class KeyHolder:
    """Who calls with an API key: a workspace and what the key may do."""

    key: ApiKey
    workspace: Workspace
    is_authenticated: bool = True

    def __str__(self) -> str:
        return f"key {self.key.label}"


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
    def authenticate(self, request: Request) -> tuple[KeyHolder, ApiKey] | None:
        scheme, _, token = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        kind, _, rest = token.strip().partition("_")
        prefix, _, secret = rest.partition("_")
        if kind != "sk" or not secret:
            raise AuthenticationFailed("An API key looks like sk_<workspace>_<secret>.")
        alive = Q(expires_at=None) | Q(expires_at__gt=real_now())
        keys = ApiKey.everywhere.filter(alive, workspace__key_prefix=prefix, secret_hash=_hash(secret), revoked_at=None)
        key = keys.select_related("workspace").first()
        if key is None:
            raise AuthenticationFailed("This API key is unknown, revoked or expired.")
        if key.last_used_at is None or key.last_used_at < real_now().replace(second=0, microsecond=0):
            ApiKey.everywhere.filter(pk=key.pk).update(last_used_at=real_now())
        return KeyHolder(key, key.workspace), key

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class HasVerb(BasePermission):
    """A view names its verb by method, `verbs = {"POST": "decide"}`; reading needs `read`."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        verb = getattr(view, "verbs", {}).get(request.method, permissions.READ)
        if isinstance(request.user, KeyHolder):
            if verb not in request.user.key.scopes:
                raise PermissionDenied(f"This key lacks the scope “{verb}”.")
            return True
        http_request: Any = request._request
        return bool(
            request.user
            and request.user.is_authenticated
            and permissions.may(getattr(http_request, "role", None), verb)
        )
