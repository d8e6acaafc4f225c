from __future__ import annotations

import time
import uuid
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import resolve
from django.utils.module_loading import import_string

from stratum.core.models import Membership, User, Workspace
from stratum.core.tenancy import in_workspace

log = structlog.get_logger("stratum.request")
Handler = Callable[[HttpRequest], HttpResponse]


class RequestLog:
    """One line a request: path, status, milliseconds. Bodies and query strings stay out of the log."""

    quiet = ("/static/", "/healthz", "/readyz", "/collect", "/go/", "/webhooks/")

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        start = time.perf_counter()
        request_id = uuid.uuid4().hex[:12]
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
            if response.status_code >= 500 or not request.path.startswith(self.quiet):
                spent = round(1000 * (time.perf_counter() - start))
                log.info("request", method=request.method, path=request.path, status=response.status_code, ms=spent)
        response["X-Request-ID"] = request_id
        return response


class MachinePaths:
    """Takes requests of settings.MACHINE_PATHS, and calls of the API that bring a key, straight to their views.

    The host is checked as everywhere. A call with a key is never taken for a signed-in person's, whatever cookies come with it.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path in settings.MACHINE_PATHS:
            view, args, kwargs = import_string(settings.MACHINE_PATHS[request.path]), (), {}
        elif request.path.startswith("/api/") and _brings_a_key(request):
            view, args, kwargs = resolve(request.path)
        else:
            return self.get_response(request)
        request.get_host()
        response = view(request, *args, **kwargs)
        if not getattr(response, "is_rendered", True):
            response.render()
        response["Content-Length"] = str(len(response.content))
        return response


def _brings_a_key(request: HttpRequest) -> bool:
    return request.headers.get("Authorization", "").lower().startswith("bearer ")


def workspaces_of(user: User) -> list[Workspace]:
    """The workspaces this person may open; a superuser may open each."""
    if user.is_superuser:
        return list(Workspace.objects.order_by("id"))
    mine = Membership.everywhere.filter(user=user).values("workspace_id")
    return list(Workspace.objects.filter(pk__in=mine).order_by("id"))


class CurrentWorkspace:
    """Opens the signed-in person's workspace for the whole request: the one chosen in the header, else their first."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.workspace = request.role = None
        if request.path.startswith(("/t.js", "/static/", "/healthz", "/readyz")) or not request.user.is_authenticated:
            return self.get_response(request)
        request.workspaces = workspaces_of(request.user)
        chosen = request.session.get("workspace_id")
        request.workspace = next(
            (w for w in request.workspaces if w.pk == chosen), next(iter(request.workspaces), None)
        )
        if request.workspace is None:
            return self.get_response(request)
        request.role = self.role_of(request.user, request.workspace)
        with in_workspace(request.workspace):
            response = self.get_response(request)
            # A template that renders late would query outside the workspace.
            return response.render() if hasattr(response, "render") and not response.is_rendered else response

    @staticmethod
    def role_of(user: User, workspace: Workspace) -> str | None:
        membership = Membership.everywhere.filter(user=user, workspace=workspace).first()
        return membership.role if membership else ("owner" if user.is_superuser else None)
