from __future__ import annotations

from django.db import models

from stratum.core.tenancy import WorkspaceOwned


class AuditEntry(WorkspaceOwned):
    """Who did what to which thing, with the values before and after. Rows are only ever added."""

    at = models.DateTimeField()
    actor = models.CharField(max_length=120)
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=120)
    data = models.JSONField(default=dict)

    class Meta(WorkspaceOwned.Meta):
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["workspace", "-at"], name="audit_latest"),
            models.Index(fields=["workspace", "subject", "-at"], name="audit_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject} by {self.actor}"
