from __future__ import annotations

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from stratum.core import permissions
from stratum.core.models import AdAccount, ApiKey, AuditEntry, Membership, User, Workspace

admin.site.login = secure_admin_login(admin.site.login)
admin.site.unregister(Group)


class WorkspaceAdmin(ModelAdmin):
    """An admin page inside the open workspace. `verb` is what changing something here takes; looking takes `read`."""

    verb = permissions.ADMIN
    exclude: Any = ("workspace",)

    def _may(self, request: HttpRequest, verb: str) -> bool:
        return permissions.may(getattr(request, "role", None), verb)

    def has_module_permission(self, request):
        return request.user.is_staff and self._may(request, permissions.READ)

    def has_view_permission(self, request, obj=None):
        return request.user.is_staff and self._may(request, permissions.READ)

    def has_add_permission(self, request):
        return self._may(request, self.verb)

    def has_change_permission(self, request, obj=None):
        return self._may(request, self.verb)

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        obj.workspace = request.workspace
        super().save_model(request, obj, form, change)


class ReadOnlyAdmin(WorkspaceAdmin):
    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False


@admin.register(AdAccount)
class AdAccountAdmin(WorkspaceAdmin):
    list_display = ("name", "platform", "external_id", "currency", "timezone", "dry_run", "insights_pulled_at")
    readonly_fields = ("insights_pulled_at",)
    search_fields = ("name", "external_id")


@admin.register(Membership)
class MembershipAdmin(WorkspaceAdmin):
    list_display = ("user", "role", "created_at")


@admin.register(ApiKey)
class ApiKeyAdmin(WorkspaceAdmin):
    list_display = ("label", "scopes", "created_at", "last_used_at", "expires_at", "revoked_at")
    fields = ("label", "scopes", "expires_at", "revoked_at")
    readonly_fields = ("label", "scopes")

    def has_add_permission(self, request):
        return False


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ("at", "actor", "action", "subject")
    search_fields = ("actor", "action", "subject")
    list_filter = ("action",)


@admin.register(Workspace)
class WorkspaceSettingsAdmin(ModelAdmin):
    list_display = ("name", "currency", "timezone", "revenue_source")
    fields = ("name", "currency", "timezone", "revenue_source", "write_key")
    readonly_fields = ("currency", "write_key")

    def get_queryset(self, request):
        return Workspace.objects.filter(pk__in=[one.pk for one in getattr(request, "workspaces", [])])

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(User)
class UserAdmin(ModelAdmin):
    list_display = ("email", "is_staff", "is_active", "last_login")
    fields = ("email", "first_name", "last_name", "is_staff", "is_active")
