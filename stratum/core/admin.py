from __future__ import annotations

from typing import Any

from allauth.account.decorators import secure_admin_login
from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import models
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminEmailInputWidget, UnfoldAdminPasswordWidget

from stratum.core import audit, permissions
from stratum.core.crypto import EncryptedText
from stratum.core.models import AdAccount, ApiKey, AuditEntry, Membership, User, Workspace
from stratum.core.tenancy import current_workspace_id

admin.site.login = secure_admin_login(admin.site.login)
admin.site.unregister(Group)


class WorkspaceForm(forms.ModelForm):
    """Knows its workspace before it is checked: what is there already is told, instead of failing in the database."""

    def _post_clean(self) -> None:
        self.instance.workspace_id = current_workspace_id()
        super()._post_clean()

    def _get_validation_exclusions(self) -> set[str]:
        return super()._get_validation_exclusions() - {"workspace"}


class WorkspaceAdmin(ModelAdmin):
    """An admin page inside the open workspace. `verb` is what changing something here takes; looking takes `read`."""

    verb = permissions.ADMIN
    exclude: Any = ("workspace",)
    form = WorkspaceForm
    formfield_overrides = {EncryptedText: {"widget": UnfoldAdminPasswordWidget(render_value=False)}}

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

    def get_exclude(self, request, obj=None):
        """Secrets can be replaced and never read; who may only look does not even see that they are there."""
        secrets = [f.name for f in self.model._meta.fields if isinstance(f, EncryptedText)]
        return [
            *(super().get_exclude(request, obj) or ()),
            *(() if self.has_change_permission(request, obj) else secrets),
        ]

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        for field in self.model._meta.fields:
            if isinstance(field, EncryptedText) and field.name in form.base_fields:
                form.base_fields[field.name].required = obj is None and not field.blank
                form.base_fields[field.name].help_text = (
                    field.help_text if obj is None else "Empty: the stored one stays."
                )
        return form

    def save_model(self, request, obj, form, change):
        obj.workspace = request.workspace
        super().save_model(request, obj, form, change)
        self.tell(request, obj, form, change)

    def tell(self, request, obj, form, change):
        """The audit trail of what was changed here; secrets are told of, not told."""
        given = {name: form.cleaned_data.get(name) for name in form.changed_data}
        told = {
            name: "replaced" if _is_secret(obj, name) else str(value)[:200]
            for name, value in given.items()
            if value or not _is_secret(obj, name)
        }
        audit.record("changed in the admin" if change else "made in the admin", obj, actor=request.user.email, **told)


def _is_secret(obj: models.Model, name: str) -> bool:
    return any(field.name == name and isinstance(field, EncryptedText) for field in obj._meta.fields)


class ReadOnlyAdmin(WorkspaceAdmin):
    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False


@admin.register(AdAccount)
class AdAccountAdmin(WorkspaceAdmin):
    list_display = (
        "name", "platform", "external_id", "currency", "timezone", "conversion_kind", "dry_run", "insights_pulled_at",
    )  # fmt: skip
    readonly_fields = ("insights_pulled_at",)
    search_fields = ("name", "external_id")

    def save_model(self, request, obj, form, change):
        """Another kind of result makes all days be read again, or a column would mean two things."""
        if change and "conversion_kind" in form.changed_data:
            obj.insights_pulled_at = None
        super().save_model(request, obj, form, change)


class MembershipForm(WorkspaceForm):
    """A new member is named by e-mail: a list to choose from would show the people of every other business."""

    email = forms.EmailField(widget=UnfoldAdminEmailInputWidget, help_text="A person who is new here gets an account, and a password by “Forgot password”.")  # fmt: skip

    class Meta:
        model = Membership
        fields = ("role",)

    def clean_email(self) -> str:
        email = User.objects.normalize_email(self.cleaned_data["email"])
        if Membership.objects.filter(user__email__iexact=email).exists():
            raise forms.ValidationError("This person is a member already.")
        return email


@admin.register(Membership)
class MembershipAdmin(WorkspaceAdmin):
    list_display = ("user", "role", "created_at")

    def get_form(self, request, obj=None, change=False, **kwargs):
        return super().get_form(request, obj, change, **({} if change else {"form": MembershipForm}), **kwargs)

    def get_fields(self, request, obj=None):
        return ("user", "role") if obj else ("email", "role")

    def get_readonly_fields(self, request, obj=None):
        return ("user",) if obj else ()

    def save_model(self, request, obj, form, change):
        if not change:
            email = form.cleaned_data["email"]
            obj.user = User.objects.filter(email__iexact=email).first() or User.objects.create_user(email)
        super().save_model(request, obj, form, change)


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
