"""What arrives, as it arrived. received = accepted + duplicate + dead-lettered, and what nobody could sign is quarantined."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from stratum.core.crypto import EncryptedText
from stratum.core.tenancy import WorkspaceOwned


class CrmConnection(WorkspaceOwned):
    """A HubSpot portal. The portal's id says whose delivery it is; two secrets are live while one is being replaced."""

    portal_id = models.BigIntegerField()
    name = models.CharField(max_length=120, default="HubSpot")
    access_token = EncryptedText(blank=True)
    client_secret = EncryptedText()
    previous_client_secret = EncryptedText(blank=True)
    home_currency = models.CharField(
        max_length=3, blank=True, help_text="The portal's home currency. Empty: the workspace's own."
    )
    allow_v1 = models.BooleanField(
        default=False, help_text="Accept the older signature, which cannot tell when it was made."
    )
    is_active = models.BooleanField(default=True)
    stages_read_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(WorkspaceOwned.Meta):
        verbose_name = "CRM connection"
        constraints = [models.UniqueConstraint(fields=["portal_id"], name="portal_belongs_to_one_workspace")]

    def __str__(self) -> str:
        return f"{self.name} {self.portal_id}"

    @property
    def secrets(self) -> list[str]:
        return [secret for secret in (self.client_secret, self.previous_client_secret) if secret]


class InboxDelivery(WorkspaceOwned):
    """One signed request, raw. Parsing happens later and fills in the counts."""

    connection = models.ForeignKey(CrmConnection, on_delete=models.CASCADE, db_index=False, related_name="+")
    digest = models.BinaryField(max_length=32)
    body = models.BinaryField()
    received_at = models.DateTimeField()
    times_received = models.PositiveIntegerField(default=1)
    parsed_at = models.DateTimeField(null=True)
    accepted = models.PositiveIntegerField(default=0)
    duplicate = models.PositiveIntegerField(default=0)
    dead = models.PositiveIntegerField(default=0)

    class Meta(WorkspaceOwned.Meta):
        verbose_name_plural = "inbox deliveries"
        constraints = [
            models.UniqueConstraint(fields=["workspace", "connection", "digest"], name="inbox_delivery_once")
        ]
        indexes = [
            models.Index(fields=["workspace", "id"], condition=Q(parsed_at=None), name="inbox_unparsed"),
            models.Index(fields=["workspace", "-received_at"], name="inbox_latest"),
        ]


class CrmEvent(WorkspaceOwned):
    """One event of a delivery: a hint that an object changed."""

    key = models.BinaryField(max_length=32)
    delivery = models.ForeignKey(InboxDelivery, on_delete=models.CASCADE, db_index=False, related_name="+")
    kind = models.CharField(max_length=60)
    object_type = models.CharField(max_length=20)
    object_id = models.CharField(max_length=40)
    property_name = models.CharField(max_length=120, blank=True)
    property_value = models.TextField(blank=True)
    occurred_at = models.DateTimeField()

    class Meta(WorkspaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace", "key"], name="crm_event_once")]
        indexes = [
            models.Index(fields=["workspace", "object_type", "object_id", "occurred_at"], name="crm_event_by_object")
        ]


class DeadLetter(WorkspaceOwned):
    """What could not be understood: kept whole, with the reason, until someone replays or dismisses it."""

    delivery = models.ForeignKey(InboxDelivery, on_delete=models.CASCADE, db_index=False, related_name="+")
    position = models.IntegerField(help_text="The event's place in the delivery; −1 for the whole body.")
    reason = models.CharField(max_length=300)
    fragment = models.TextField(help_text="The event, as far as it can be shown.")
    attempts = models.PositiveSmallIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta(WorkspaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace", "delivery", "position"], name="dead_letter_once")]
        indexes = [models.Index(fields=["workspace", "-id"], condition=Q(resolved_at=None), name="dead_letter_open")]

    def __str__(self) -> str:
        return self.reason


class QuarantinedDelivery(models.Model):
    """A delivery whose signature did not hold. Nobody's yet; bounded in number and size, so a stranger cannot fill the disk."""

    received_at = models.DateTimeField()
    reason = models.CharField(max_length=200)
    portal_hint = models.BigIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.BinaryField()

    class Meta:
        verbose_name_plural = "quarantined deliveries"

    def __str__(self) -> str:
        return f"{self.reason} at {self.received_at:%Y-%m-%d %H:%M}"
