from __future__ import annotations

from decimal import Decimal

from django import forms
from django.contrib import admin, messages
from unfold.admin import ModelAdmin
from unfold.forms import ActionForm

from attribution import conversion_admin as conversion_admin
from attribution.actions.crm.connect_crm import keep_for_rotation
from attribution.actions.crm.dismiss_dead_letter import dismiss_dead_letter
from attribution.actions.crm.release_quarantine import release_quarantine
from attribution.actions.crm.replay_dead_letter import replay_dead_letter
from attribution.actions.deals.import_exchange_rates import queue_unpriced
from attribution.actions.deals.revalue_deals import revalue_deals
from attribution.actions.people.retract_edge import restore_edge, retract_edge
from attribution.connections import forget_portals
from attribution.models import (
    CollectionSettings,
    CrmConnection,
    DeadLetter,
    Deal,
    ExchangeRate,
    IdentityEdge,
    InboxDelivery,
    LedgerEntry,
    MessageConnection,
    MessageDelivery,
    PipelineStage,
    QuarantinedDelivery,
    Reconciliation,
)
from stratum.core import permissions
from stratum.core.admin import ReadOnlyAdmin, WorkspaceAdmin, WorkspaceForm
from stratum.core.clock import now
from stratum.core.models import Workspace
from stratum.core.tenancy import current_workspace_id


class CrmConnectionForm(WorkspaceForm):
    def clean_portal_id(self) -> int:
        portal_id = self.cleaned_data["portal_id"]
        if CrmConnection.everywhere.filter(portal_id=portal_id).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError("This portal is connected already, here or in another workspace.")
        return portal_id


@admin.register(CrmConnection)
class CrmConnectionAdmin(WorkspaceAdmin):
    form = CrmConnectionForm
    list_display = ("name", "portal_id", "is_active", "allow_v1", "stages_read_at")
    readonly_fields = ("stages_read_at",)
    exclude = ("workspace", "previous_client_secret")

    def save_model(self, request, obj, form, change):
        if change:
            keep_for_rotation(obj)
        super().save_model(request, obj, form, change)
        forget_portals()


@admin.register(CollectionSettings)
class CollectionSettingsAdmin(WorkspaceAdmin):
    list_display = ("link_hosts", "bot_networks")


@admin.register(MessageConnection)
class MessageConnectionAdmin(WorkspaceAdmin):
    list_display = ("name", "provider", "consent", "is_active")


@admin.register(MessageDelivery)
class MessageDeliveryAdmin(ReadOnlyAdmin):
    list_display = ("received_at", "times_received", "parsed_at", "accepted", "duplicate", "dead")
    exclude = ("workspace", "body", "digest")


@admin.register(InboxDelivery)
class InboxDeliveryAdmin(ReadOnlyAdmin):
    list_display = ("received_at", "times_received", "parsed_at", "accepted", "duplicate", "dead")
    exclude = ("workspace", "body", "digest")


@admin.register(DeadLetter)
class DeadLetterAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "reason", "position", "attempts", "resolved_at")
    list_filter = (("resolved_at", admin.EmptyFieldListFilter),)
    actions = ("replay", "dismiss")

    @admin.action(description="Read the delivery again", permissions=["replay"])
    def replay(self, request, queryset):
        through = sum(replay_dead_letter(letter, actor=request.user.email) for letter in queryset.order_by("id"))
        self.message_user(request, f"{through} went through.", messages.SUCCESS if through else messages.WARNING)

    @admin.action(description="Dismiss: it needs no more attention", permissions=["replay"])
    def dismiss(self, request, queryset):
        for letter in queryset.filter(resolved_at=None):
            dismiss_dead_letter(letter, actor=request.user.email)

    def has_replay_permission(self, request):
        return permissions.may(request.role, permissions.DECIDE)


@admin.register(QuarantinedDelivery)
class QuarantinedDeliveryAdmin(ModelAdmin):
    """Belongs to nobody yet, so only superusers see it."""

    list_display = ("received_at", "reason", "portal_hint")
    exclude = ("body",)
    actions = ("release",)

    @admin.action(description="Check again with today's secrets")
    def release(self, request, queryset):
        released = sum(release_quarantine(held, actor=request.user.email) for held in queryset.order_by("id"))
        self.message_user(request, f"{released} were released into the inbox.")

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False


class RetractForm(ActionForm):
    because = forms.CharField(max_length=200, required=False, label="Reason")


@admin.register(IdentityEdge)
class IdentityEdgeAdmin(ReadOnlyAdmin):
    """Which keys are taken for one person, and who said so. A wrong one is retracted: who it had joined falls apart again."""

    list_display = ("first_seen_at", "source", "left_kind", "right_kind", "retracted_at", "retracted_because")
    list_filter = ("source", ("retracted_at", admin.EmptyFieldListFilter))
    search_fields = ("=left_hash", "=right_hash")
    actions = ("retract", "restore")
    action_form = RetractForm

    @admin.action(description="Retract, for the reason given here", permissions=["retract"])
    def retract(self, request, queryset):
        because = request.POST.get("because", "").strip()
        if not because:
            self.message_user(request, "Say why: the reason is kept with the edge.", messages.ERROR)
            return
        self._tell(request, [retract_edge(request.workspace, edge, because=because, actor=request.user.email) for edge in queryset.order_by("id")])  # fmt: skip

    @admin.action(description="Believe again", permissions=["retract"])
    def restore(self, request, queryset):
        self._tell(request, [restore_edge(request.workspace, edge, actor=request.user.email) for edge in queryset.order_by("id")])  # fmt: skip

    def _tell(self, request, changed):
        keys = sum(map(len, changed))
        self.message_user(request, f"{keys} keys belong to another person now; their deals are matched again.")

    def has_retract_permission(self, request):
        return permissions.may(request.role, permissions.DECIDE)


@admin.register(PipelineStage)
class PipelineStageAdmin(ReadOnlyAdmin):
    """The CRM's probability and the learnt one, side by side."""

    list_display = (
        "label",
        "pipeline_id",
        "probability",
        "learnt_probability",
        "probability_in_force",
        "learnt_from",
        "learnt_won",
        "still_open",
        "learnt_at",
    )


class ExchangeRateForm(WorkspaceForm):
    def clean_currency(self) -> str:
        return self.cleaned_data["currency"].upper()

    def clean_rate(self) -> Decimal:
        if self.cleaned_data["rate"] <= 0:
            raise forms.ValidationError("A rate is more than zero.")
        return self.cleaned_data["rate"]


@admin.register(ExchangeRate)
class ExchangeRateAdmin(WorkspaceAdmin):
    form = ExchangeRateForm
    list_display = ("day", "currency", "rate", "source")
    list_filter = ("currency",)
    actions = ("revalue",)

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        queue_unpriced({obj.currency})

    @admin.action(description="Revalue open deals in this currency at this rate", permissions=["change"])
    def revalue(self, request, queryset):
        workspace = Workspace.objects.get(pk=current_workspace_id())
        changed = sum(
            revalue_deals(workspace, rate, actor=request.user.email, now=now()) for rate in queryset.order_by("day")
        )
        self.message_user(request, f"{changed} deals have another value now.")


@admin.register(Reconciliation)
class ReconciliationAdmin(ReadOnlyAdmin):
    list_display = (
        "at",
        "connection",
        "compared",
        "equal",
        "missing",
        "different",
        "gone",
        "repaired",
        "share_verified",
    )
    list_select_related = ("connection",)


@admin.register(Deal)
class DealAdmin(ReadOnlyAdmin):
    list_display = (
        "external_id",
        "name",
        "stage_label",
        "probability",
        "amount",
        "value",
        "unvalued_because",
        "updated_at",
    )
    search_fields = ("external_id", "name")
    exclude = (
        "workspace",
        "click_hash",
        "other_click_hash",
        "anonymous_hash",
        "fingerprint_hash",
        "ip_hash",
        "email_hash",
        "phone_hash",
        "contact_hash",
        "company_hash",
    )


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnlyAdmin):
    list_display = (
        "posted_at",
        "deal",
        "revision",
        "ad",
        "layer",
        "confidence",
        "credit",
        "amount",
        "click_date",
        "booked_date",
        "reason",
    )
    list_filter = ("layer",)
    search_fields = ("deal__external_id",)
    list_select_related = ("deal", "ad")
