from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST


@require_POST
@login_required
def open_workspace(request: HttpRequest) -> HttpResponse:
    """Opens another of the reader's workspaces. An id that is not theirs changes nothing."""
    chosen = next((w for w in getattr(request, "workspaces", []) if str(w.pk) == request.POST.get("workspace")), None)
    if chosen:
        request.session["workspace_id"] = chosen.pk
    return redirect("overview")
