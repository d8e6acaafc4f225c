"""Where conversions are told, and the outbox: looked at, resent, given up."""

from __future__ import annotations

from django.contrib import admin, messages

from attribution.actions.conversions.decide_conversion import give_up_conversion, resend_conversion, resume_destination
from attribution.models import ConversionDestination, ConversionEvent, DatasetQuality
from stratum.core import permissions
from stratum.core.admin import ReadOnlyAdmin, WorkspaceAdmin


@admin.register(ConversionDestination)
class ConversionDestinationAdmin(WorkspaceAdmin):
    list_display = ("name", "platform", "external_id", "dry_run", "is_active", "stopped_because", "waits_until")
    readonly_fields = ("stopped_because", "waits_until")
    actions = ("resume",)

    @admin.action(description="Send again: the trouble is mended", permissions=["change"])
    def resume(self, request, queryset):
        for destination in queryset.order_by("id"):
            resume_destination(destination, actor=request.user.email)


@admin.register(ConversionEvent)
class ConversionEventAdmin(ReadOnlyAdmin):
    list_display = ("occurred_at", "name", "destination", "status", "reason", "attempts", "readiness", "sent_at")
    list_filter = ("status", "destination", "name")
    list_select_related = ("destination",)
    search_fields = ("event_id", "deal__external_id")
    exclude = ("workspace", "body")
    actions = ("resend", "give_up")

    def get_queryset(self, request):
        return super().get_queryset(request).order_by("-occurred_at", "-id")

    @admin.action(description="Send again (of unknown ones: at the risk that they count twice)", permissions=["decide"])
    def resend(self, request, queryset):
        self._decide(request, queryset, resend_conversion, "go out again")

    @admin.action(description="Give up: never send", permissions=["decide"])
    def give_up(self, request, queryset):
        self._decide(request, queryset, give_up_conversion, "were given up")

    def _decide(self, request, queryset, decide, words):
        done = sum(decide(event, actor=request.user.email) for event in queryset.order_by("id"))
        left = queryset.count() - done
        rest = f"; {left} were not in a state for it" if left else ""
        self.message_user(request, f"{done} {words}{rest}.", messages.SUCCESS if done else messages.WARNING)

    def has_decide_permission(self, request):
        return permissions.may(request.role, permissions.DECIDE)


@admin.register(DatasetQuality)
class DatasetQualityAdmin(ReadOnlyAdmin):
    list_display = ("day", "destination", "event_name", "composite_score", "estimated_score", "read_at")
    list_filter = ("destination",)
    list_select_related = ("destination",)
