"""What ad platforms are told: where to, and an outbox in which every event lies once, with what became of it."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from attribution.domain.conversions import states
from attribution.domain.conversions.conversion import CRM
from attribution.models.deals import Deal, StageChange
from stratum.core.clock import now
from stratum.core.crypto import EncryptedText
from stratum.core.tenancy import WorkspaceOwned


def names_by_stage(value: object) -> None:
    if not isinstance(value, dict) or not all(isinstance(name, str) for name in value.values()):
        raise ValidationError('An object such as {"lead": "Lead", "3482933986": "Qualified"}.')


class ConversionDestination(WorkspaceOwned):
    """A data set of Meta or a conversion action of Google that is told of conversions. A new one rehearses until it is put live."""

    class Platform(models.TextChoices):
        META = "meta", "Meta"
        GOOGLE = "google", "Google"

    platform = models.CharField(max_length=10, choices=Platform)
    name = models.CharField(max_length=120)
    external_id = models.CharField(max_length=64, help_text="Meta: the data set (pixel). Google: the customer id.")
    conversion_action_id = models.CharField(max_length=64, blank=True, help_text="Google only.")
    access_token = EncryptedText(
        blank=True,
        help_text="Meta: an access token. Google: JSON with client_id, client_secret and refresh_token, or a bearer token.",
    )
    default_region = models.CharField(
        max_length=2,
        blank=True,
        help_text="Two letters (US, DE, …) for phones and dates that do not say theirs. Empty: such phones are left out.",
    )
    needs_consent = models.BooleanField(
        default=True,
        help_text="Hold back events of people who were never asked. Those who said no are always held back.",
    )
    limited_use = models.BooleanField(default=False, help_text="Meta: limited data use (LDU) for every event.")
    limited_use_country = models.PositiveSmallIntegerField(default=0, help_text="1 is the USA, 0 lets Meta locate.")
    limited_use_state = models.PositiveSmallIntegerField(default=0, help_text="1000 California … 0 as for the country.")
    stage_events = models.JSONField(
        default=dict,
        blank=True,
        validators=[names_by_stage],
        help_text='Stage id → event name, and "lead" → the name for the raw lead. Empty: every stage by its own label.',
    )
    test_event_code = models.CharField(
        max_length=40, blank=True, help_text="For a preview only: Meta counts test events like real ones."
    )
    dry_run = models.BooleanField(default=True, help_text="While this is on, events are rehearsed and nothing is sent.")
    is_active = models.BooleanField(default=True)
    waits_until = models.DateTimeField(null=True, editable=False, help_text="The platform asked for patience.")
    stopped_because = models.CharField(max_length=300, blank=True, editable=False)
    quality_read_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "platform", "external_id", "conversion_action_id"],
                name="conversion_destination_once",
            ),
            models.CheckConstraint(
                condition=Q(test_event_code="") | Q(dry_run=True),
                name="conversion_destination_live_without_test_code",
                violation_error_message="Test events count like real ones: remove the test code before going live.",
            ),
            models.CheckConstraint(
                condition=Q(platform="meta") | ~Q(conversion_action_id=""),
                name="conversion_destination_of_google_names_its_action",
                violation_error_message="Google needs the id of the conversion action.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ConversionEvent(WorkspaceOwned):
    """One event for one destination. Who it is about is read when it is sent: from the deal's contact, or from the encrypted body."""

    destination = models.ForeignKey(ConversionDestination, on_delete=models.PROTECT, db_index=False, related_name="+")
    event_id = models.CharField(max_length=64)
    name = models.CharField(max_length=120)
    occurred_at = models.DateTimeField()
    action_source = models.CharField(max_length=40, default=CRM)
    deal = models.ForeignKey(Deal, on_delete=models.SET_NULL, null=True, db_index=False, related_name="+")
    stage_change = models.ForeignKey(
        StageChange, on_delete=models.SET_NULL, null=True, db_index=False, related_name="+"
    )
    ledger_revision = models.PositiveIntegerField(null=True, help_text="The deal's revision whose value was sent.")
    body = EncryptedText(blank=True, help_text="The event as it was given to us; emptied once it is settled for good.")
    value = models.BigIntegerField(null=True, help_text="Minor units, as sent.")
    currency = models.CharField(max_length=3, blank=True)
    status = models.CharField(max_length=10, default=states.QUEUED, choices=[(one, one) for one in states.STATUSES])
    reason = models.CharField(max_length=300, blank=True)
    findings = models.JSONField(default=list)
    match_keys = models.JSONField(default=list, help_text="Which fields of the person were sent; names only.")
    readiness = models.FloatField(null=True, help_text="Our estimate of how well it can be matched, 0 to 100.")
    attempts = models.PositiveSmallIntegerField(default=0)
    request_id = models.CharField(max_length=120, blank=True, help_text="The platform's own number of the request.")
    queued_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text="Not sent before this (real time).")
    sent_at = models.DateTimeField(null=True)

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace", "destination", "event_id"], name="conversion_event_once")
        ]
        indexes = [
            models.Index(
                fields=["workspace", "destination", "status", "occurred_at"], name="conversion_event_by_status"
            ),
            models.Index(
                fields=["workspace", "stage_change"], condition=~Q(stage_change=None), name="conversion_event_by_stage"
            ),
            models.Index(fields=["workspace", "deal"], condition=~Q(deal=None), name="conversion_event_by_deal"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.event_id[:12]}"


class DatasetQuality(WorkspaceOwned):
    """Meta's own match quality of one event of a website on one day, beside what we had estimated for it."""

    destination = models.ForeignKey(ConversionDestination, on_delete=models.CASCADE, db_index=False, related_name="+")
    event_name = models.CharField(max_length=120)
    day = models.DateField()
    composite_score = models.FloatField(help_text="Meta's event match quality, 0 to 10.")
    estimated_score = models.FloatField(null=True, help_text="Ours, 0 to 10; empty where we sent no such event.")
    match_key_feedback = models.JSONField(default=list)
    read_at = models.DateTimeField()

    class Meta(WorkspaceOwned.Meta):
        verbose_name_plural = "dataset qualities"
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "destination", "event_name", "day"], name="dataset_quality_once_a_day"
            )
        ]
