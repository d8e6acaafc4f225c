from __future__ import annotations

from django import forms
from django.contrib import admin, messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget

from sampler.actions.review_change import ChangeAlreadyDecided, MayNotApprove, approve_change, reject_change
from sampler.models import AccountLimits, AdBelief, Change, Plan
from sampler.selectors.changes import card_of
from stratum.core import audit, permissions
from stratum.core.admin import ReadOnlyAdmin, WorkspaceAdmin
from stratum.core.clock import now

COLOURS = {
    "waiting": "warning",
    "applied": "success",
    "failed": "danger",
    "blocked": "danger",
    "unknown": "danger",
    "approved": "info",
    "sending": "info",
}


class CommentForm(BaseDialogForm):
    comment = forms.CharField(required=False, max_length=2000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))


def _dialog(title: str, description: str) -> dict[str, object]:
    return {"title": title, "description": description, "form_class": CommentForm, "form_submit_text": title}


@admin.register(Change)
class ChangeAdmin(ReadOnlyAdmin):
    list_display = (
        "title",
        "shown_status",
        "account",
        "step",
        "expected_return",
        "shown_findings",
        "created_at",
        "decided_by",
    )
    list_filter = ("status", "account")
    list_select_related = ("account", "campaign", "ad_set")
    fields = ("title", "shown_status", "before_and_after", "because", "expected_return", "would_change_our_mind", "shown_findings",
              "created_at", "decided_by", "decided_at", "comment", "sent_at", "applied_at", "outcome", "plan", "undo_of")  # fmt: skip
    readonly_fields = fields
    actions = ("approve_selected", "reject_selected")
    actions_detail = ("approve", "reject")

    def get_queryset(self, request):
        return super().get_queryset(request).order_by("-created_at", "-id")

    def has_decide_permission(self, request, object_id=None):
        waiting = object_id is None or Change.objects.filter(pk=object_id, status="waiting").exists()
        return waiting and permissions.may(request.role, permissions.APPROVE)

    @display(description="Change")
    def title(self, change):
        return card_of(change).title

    @display(description="Status", label=COLOURS)
    def shown_status(self, change):
        return change.status

    @display(description="Step")
    def step(self, change):
        return f"{card_of(change).step:+.1%}"

    @display(description="Budget a day")
    def before_and_after(self, change):
        card = card_of(change)
        return f"{card.before:,} → {card.after:,} {card.currency}"

    @display(description="Because")
    def because(self, change):
        return _lines((reason["signal"], reason["sentence"]) for reason in change.reasons)

    @display(description="Expected return (80 %)")
    def expected_return(self, change):
        return f"{change.expected:.2f} ({change.low:.2f} to {change.high:.2f})"

    @display(description="Findings")
    def shown_findings(self, change):
        return _lines((finding["severity"], finding["sentence"]) for finding in change.findings) or "None"

    @admin.action(description="Approve", permissions=["decide"])
    def approve_selected(self, request, queryset):
        self._decide_all(request, queryset, approve_change)

    @admin.action(description="Reject", permissions=["decide"])
    def reject_selected(self, request, queryset):
        self._decide_all(request, queryset, reject_change)

    @action(
        description="Approve",
        permissions=["decide"],
        icon="check",
        dialog=_dialog("Approve", "The change goes out with the next sending."),
    )
    def approve(self, request, form, object_id):
        return self._decide(request, form, object_id, approve_change)

    @action(
        description="Reject",
        permissions=["decide"],
        icon="close",
        dialog=_dialog("Reject", "The budget stays as it is."),
    )
    def reject(self, request, form, object_id):
        return self._decide(request, form, object_id, reject_change)

    def _decide(self, request, form, object_id, decide):
        self._decided(request, int(object_id), decide, form.cleaned_data["comment"])
        return HttpResponse(
            status=204, headers={"HX-Redirect": reverse("admin:sampler_change_change", args=[object_id])}
        )

    def _decide_all(self, request, queryset, decide):
        for pk in queryset.order_by("id").values_list("pk", flat=True):
            self._decided(request, pk, decide, "")

    def _decided(self, request, pk, decide, comment):
        try:
            change = decide(
                pk, by=request.user.email, verbs=permissions.ALLOWED.get(request.role, ()), now=now(), comment=comment
            )
            self.message_user(request, f"{card_of(change).title}: {change.status}.", messages.SUCCESS)
        except (ChangeAlreadyDecided, MayNotApprove) as problem:
            self.message_user(request, str(problem), messages.WARNING)


def _lines(pairs):
    return format_html_join(mark_safe("<br>"), "<b>{}</b> {}", pairs)


@admin.register(AccountLimits)
class AccountLimitsAdmin(WorkspaceAdmin):
    list_display = ("account", "daily_cap", "step_up", "step_down", "cooldown_hours", "autonomy")
    list_select_related = ("account",)

    def tell(self, request, obj, form, change):
        names = [name for name in form.changed_data if name != "account"]
        before = {name: form.initial.get(name) for name in names}
        after = {name: form.cleaned_data[name] for name in names}
        audit.record("limits set", obj.account, actor=request.user.email, before=before, after=after)


@admin.register(Plan)
class PlanAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "account", "day", "total", "currency", "expected", "low", "high", "status")
    list_filter = ("status", "account")
    list_select_related = ("account",)
    exclude = ("workspace", "inputs")

    def get_queryset(self, request):
        return super().get_queryset(request).defer("inputs").order_by("-created_at", "-id")


@admin.register(AdBelief)
class AdBeliefAdmin(ReadOnlyAdmin):
    list_display = ("ad", "as_of_date", "version", "updated_at")
    list_select_related = ("ad",)
    search_fields = ("ad__name", "ad__external_id")
