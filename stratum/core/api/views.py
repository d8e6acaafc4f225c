from __future__ import annotations

from collections.abc import Collection
from contextlib import ExitStack
from typing import Any

from django.http import HttpRequest
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotAuthenticated, NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from stratum.core.api.authentication import KeyHolder
from stratum.core.api.idempotency import answered_once
from stratum.core.models import Workspace
from stratum.core.permissions import ALLOWED
from stratum.core.tenancy import in_workspace


class WorkspaceView(APIView):
    """An endpoint inside one workspace: the key's, or the one the signed-in person has open.

    Mutating calls honour `Idempotency-Key`. Subclasses write `get`, `post` … and read `self.workspace`.
    """

    workspace: Workspace

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        with ExitStack() as self._scope:
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        holder = request.user
        workspace = holder.workspace if isinstance(holder, KeyHolder) else getattr(request._request, "workspace", None)
        if workspace is None:
            raise NotAuthenticated("Send an API key, or sign in.")
        self.workspace = workspace
        self._scope.enter_context(in_workspace(workspace))
        handler = getattr(self, request.method.lower(), self.http_method_not_allowed)
        if request.method in ("POST", "PUT", "PATCH", "DELETE"):
            setattr(self, request.method.lower(), answered_once(handler))

    @property
    def actor(self) -> str:
        return str(self.request.user)

    @property
    def held_verbs(self) -> Collection[str]:
        """What the key, or the person by their role, may do."""
        holder = self.request.user
        return holder.scopes if isinstance(holder, KeyHolder) else ALLOWED.get(self.request._request.role or "", ())

    @property
    def body(self) -> dict[str, Any]:
        """The JSON object that was sent, an empty one where it was none. What `read_row` refuses of it becomes a problem by field."""
        return self.request.data if isinstance(self.request.data, dict) else {}


@extend_schema(exclude=True)
class NoSuchEndpoint(APIView):
    """Whatever has no endpoint, with or without a key: a problem document, as everywhere here."""

    permission_classes = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound("There is no such endpoint; /api/docs/ lists them.")
