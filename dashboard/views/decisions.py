from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from dashboard.curve_chart import curve_chart, curve_points
from dashboard.views.page import page, shown
from sampler.actions.inspect_again import inspect_again
from sampler.actions.resume_budgets import MayNotResume, resume_budgets
from sampler.actions.review_change import ChangeAlreadyDecided, MayNotApprove, approve_change, reject_change
from sampler.actions.roll_back_plan import NothingToRollBack, roll_back_plan
from sampler.actions.undo_change import CannotBeUndone, MayNotUndo, undo_change
from sampler.domain.cards import ChangeCard
from sampler.domain.findings import Severity
from sampler.selectors import change_card, last_plans, recent_changes, waiting_changes
from sampler.selectors.lately import with_lately
from sampler.selectors.plan_history import past_plan, plans_in_force
from sampler.selectors.spend import paused_by_stratum
from stratum.core.actions.halt_sending import halt_sending, lift_halt
from stratum.core.actions.set_dry_run import set_dry_run
from stratum.core.clock import now
from stratum.core.models import AdAccount, AuditEntry
from stratum.core.permissions import ADMIN, ALLOWED, DECIDE, may

TABS = {
    "waiting": ("waiting",),
    "sent": ("approved", "sending", "applied", "unknown", "failed"),
    "rehearsed": ("rehearsed",),
    "blocked": ("blocked",),
    "past": ("rejected", "superseded", "undone"),
}
WAY_BACK = {
    "waiting": "Proposed the way back, to be approved like any change",
    "approved": "The way back is within the limits and goes out with the next sending",
}
REFUSED = (MayNotApprove, ChangeAlreadyDecided, MayNotUndo, CannotBeUndone)


@page
def queue(request: HttpRequest) -> HttpResponse:
    tab = request.GET.get("tab", "waiting")
    if tab not in TABS:
        raise Http404
    inspect_again(now=now())
    cards = (
        waiting_changes(account_id=request.query.account)
        if tab == "waiting"
        else recent_changes(account_id=request.query.account, statuses=TABS[tab])
    )
    return shown(
        request,
        "decisions.html",
        tab=tab,
        tabs=list(TABS),
        cards=with_lately(cards, now=now()),
        plans=last_plans(),
        paused=paused_by_stratum(),
        in_force=plans_in_force(),
    )


def _card(change_id: int) -> ChangeCard:
    try:
        return change_card(change_id)
    except ObjectDoesNotExist:
        raise Http404 from None


@page
def decision(request: HttpRequest, change_id: int) -> HttpResponse:
    trail = AuditEntry.objects.filter(subject=f"Change {change_id}").order_by("-at", "-id")
    inspect_again(now=now())
    card = with_lately([_card(change_id)], now=now())[0]
    points = curve_points(card)
    told = {"points": points, "curve": curve_chart(card, points) if points else None}
    return shown(request, "decision.html", card=card, trail=trail, plans=last_plans(), **told)


@require_POST
@page
def decide(request: HttpRequest, change_id: int, verb: str) -> HttpResponse:
    comment = request.POST.get("comment", "").replace("\x00", "")[:2000]
    who = {"by": request.user.email, "verbs": ALLOWED.get(request.role or "", frozenset()), "now": now()}
    inspect_again(now=now())
    title = _card(change_id).title
    try:
        if verb == "approve" and approve_change(change_id, **who, comment=comment).status == "waiting":
            messages.success(request, f"Approved by you: {title}. It waits for a second person.")
        elif verb == "approve":
            messages.success(request, f"Approved: {title}. See Sent for what became of it, or Rehearsed in dry run.")
        elif verb == "reject":
            reject_change(change_id, **who, comment=comment)
            messages.success(request, f"Rejected: {title}. It is kept under Rejected and past.")
        elif verb == "undo":
            _tell_way_back(request, change_card(undo_change(change_id, **who).pk))
        else:
            raise Http404
    except REFUSED as refused:
        messages.error(request, str(refused))
    return redirect("decisions")


def _tell_way_back(request: HttpRequest, back: ChangeCard) -> None:
    if back.status in WAY_BACK:
        messages.success(request, f"{WAY_BACK[back.status]}: {back.title}")
    else:
        messages.error(request, f"The way back is {back.status}. {back.title}: {back.outcome}")


@require_POST
@page
def approve_all(request: HttpRequest) -> HttpResponse:
    """Approves, of the changes that the reader was shown, what still waits without a finding that asks for a closer look."""
    shown_ids = set(request.POST.getlist("change"))
    verbs = ALLOWED.get(request.role or "", frozenset())
    inspect_again(now=now())
    clean = [
        card
        for card in waiting_changes(account_id=request.query.account)
        if str(card.id) in shown_ids and all(f.severity == Severity.NOTE for f in card.findings)
    ]
    if not clean:
        messages.error(
            request, "Nothing was approved: each of these changes has a finding that asks for a closer look."
        )
        return redirect("decisions")
    done = 0
    for card in clean:
        try:
            approve_change(card.id, by=request.user.email, verbs=verbs, now=now())
            done += 1
        except REFUSED as refused:
            messages.error(request, f"{card.title}: {refused}")
    messages.success(request, f"Approved {done} of {len(clean)} changes without findings.")
    return redirect("decisions")


@require_POST
@page
def dry_run(request: HttpRequest, account_id: int) -> HttpResponse:
    if not may(request.role, ADMIN):
        raise PermissionDenied
    account = get_object_or_404(AdAccount, pk=account_id)
    set_dry_run(account, request.POST.get("dry_run") == "on", actor=request.user.email)
    messages.success(
        request,
        f"{account.name}: {'rehearsing, nothing is sent' if account.dry_run else 'approved changes are sent from now on, what was rehearsed before is not'}.",
    )
    return redirect("decisions")


@require_POST
@page
def halt(request: HttpRequest, account_id: int | None = None) -> HttpResponse:
    """Whoever may decide may stop; only an owner lets it go on."""
    of = request.workspace if account_id is None else get_object_or_404(AdAccount, pk=account_id)
    stops = request.POST.get("halt") == "on"
    if not may(request.role, DECIDE if stops else ADMIN):
        raise PermissionDenied
    if stops:
        because = request.POST.get("because", "").replace("\x00", "").strip()[:200] or "no reason given"
        halt_sending(of, because=because, actor=request.user.email, now=now())
    else:
        lift_halt(of, actor=request.user.email)
    messages.success(request, f"{of}: {'nothing is sent any more' if stops else 'approved changes are sent again'}.")
    return redirect("decisions")


@require_POST
@page
def resume(request: HttpRequest, account_id: int) -> HttpResponse:
    account = get_object_or_404(AdAccount, pk=account_id)
    try:
        count = resume_budgets(account, by=request.user.email, verbs=ALLOWED.get(request.role or "", ()), now=now())
    except MayNotResume as refused:
        raise PermissionDenied from refused
    messages.success(request, f"{account}: {count} {'budget is' if count == 1 else 'budgets are'} switched on again.")
    return redirect("decisions")


@require_POST
@page
def roll_back(request: HttpRequest, plan_id: int) -> HttpResponse:
    verbs = ALLOWED.get(request.role or "", frozenset())
    try:
        back = roll_back_plan(plan_id, by=request.user.email, verbs=verbs, now=now())
        went = ", ".join(f"{count} {status}" for status, count in past_plan(back.plan.pk).changes.items())
        messages.success(request, f"Proposed the way back: {back.plan.basis} Of its changes: {went}.")
        for because in sorted(set(back.left.values())):
            messages.error(request, f"Not taken back: {because}")
    except (MayNotUndo, NothingToRollBack) as refused:
        messages.error(request, str(refused))
    except ObjectDoesNotExist:
        raise Http404 from None
    return redirect("decisions")
