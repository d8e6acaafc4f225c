from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from stratum.core.tenancy import WorkspaceOwned


class ApiKey(WorkspaceOwned):
    """A key of an integrator. Only its hash is kept; the secret is shown once, when it is made."""

    label = models.CharField(max_length=80)
    secret_hash = models.BinaryField(max_length=32)
    scopes = ArrayField(models.CharField(max_length=10))
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta(WorkspaceOwned.Meta):
        verbose_name = "API key"
        constraints = [models.UniqueConstraint(fields=["workspace", "secret_hash"], name="api_key_secret_once")]

    def __str__(self) -> str:
        return self.label


class IdempotentResponse(WorkspaceOwned):
    """What a mutating call answered, so that the same call sent again gets the same answer."""

    key = models.CharField(max_length=200)
    request_hash = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(WorkspaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace", "key"], name="idempotency_key_once")]
