"""What the providers of e-mail and text messages send, as it arrived, and each of its events once."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from stratum.core.crypto import EncryptedText
from stratum.core.tenancy import WorkspaceOwned


class MessageConnection(WorkspaceOwned):
    """An account at a provider. Its secret says whose delivery it is."""

    class Provider(models.TextChoices):
        SENDGRID = "sendgrid", "SendGrid (e-mail)"
        TWILIO = "twilio", "Twilio (SMS)"

    provider = models.CharField(max_length=10, choices=Provider)
    name = models.CharField(max_length=120)
    secret = EncryptedText(help_text="SendGrid: the webhook's verification key. Twilio: the account's auth token.")
    consent = models.PositiveSmallIntegerField(
        choices={0: "None: touches are counted without a person", 1: "Measurement", 2: "Ads too"},
        default=0,
        help_text="What recipients agreed to when they subscribed.",
    )
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace", "provider", "name"], name="message_connection_once")
        ]

    def __str__(self) -> str:
        return self.name


class MessageDelivery(WorkspaceOwned):
    """One signed request, raw. Events: received = accepted + duplicate + dead."""

    connection = models.ForeignKey(MessageConnection, on_delete=models.CASCADE, db_index=False, related_name="+")
    digest = models.BinaryField(max_length=32)
    body = models.BinaryField()
    received_at = models.DateTimeField()
    times_received = models.PositiveIntegerField(default=1)
    parsed_at = models.DateTimeField(null=True)
    accepted = models.PositiveIntegerField(default=0)
    duplicate = models.PositiveIntegerField(default=0)
    dead = models.PositiveIntegerField(default=0)
    problems = models.JSONField(
        default=list, help_text="Of each dead event its place and the reason; the body keeps it whole."
    )

    class Meta(WorkspaceOwned.Meta):
        verbose_name_plural = "message deliveries"
        constraints = [
            models.UniqueConstraint(fields=["workspace", "connection", "digest"], name="message_delivery_once")
        ]
        indexes = [
            models.Index(fields=["workspace", "id"], condition=Q(parsed_at=None), name="message_delivery_unparsed")
        ]


class MessageEvent(WorkspaceOwned):
    """What happened to one message. Opens and clicks are touchpoints as well."""

    connection = models.ForeignKey(MessageConnection, on_delete=models.CASCADE, db_index=False, related_name="+")
    key = models.CharField(max_length=240)
    channel = models.CharField(max_length=10)
    kind = models.CharField(max_length=12)
    campaign = models.CharField(max_length=160, blank=True)
    occurred_at = models.DateTimeField()

    class Meta(WorkspaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace", "connection", "key"], name="message_event_once")]
        indexes = [models.Index(fields=["workspace", "kind", "-occurred_at"], name="message_event_by_kind")]
