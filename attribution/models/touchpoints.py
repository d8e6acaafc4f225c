from __future__ import annotations

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from stratum.core.crypto import EncryptedText
from stratum.core.tenancy import WorkspaceOwned

BY_KEY = {
    "click": ["id", "ad"],
    "anonymous": ["id", "ad"],
    "fingerprint": ["id", "ad", "anonymous_hash", "ip_hash", "consent", "region"],
    "ip": ["id", "ad", "anonymous_hash", "fingerprint_hash", "consent", "region"],
}
"""The matcher's indexes, and what they carry so that it need not visit the table."""


class Touchpoint(WorkspaceOwned):
    """One contact with marketing. Identifiers are keyed hashes of this workspace (8 bytes); without consent there are none."""

    class Kind(models.TextChoices):
        AD_CLICK = "ad_click", "Ad click"
        AD_VIEW = "ad_view", "Ad view"
        EMAIL = "email", "E-mail"
        SMS = "sms", "SMS"
        PUSH = "push", "Push"
        WEB = "web", "Web visit"
        FORM = "form", "Form"

    class Consent(models.IntegerChoices):
        NONE = 0, "None"
        MEASUREMENT = 1, "Measurement"
        ADS = 2, "Ads"

    workspace = models.ForeignKey(
        "core.Workspace", on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="+"
    )
    touchpoint_id = models.CharField(max_length=80)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    kind = models.CharField(max_length=10, choices=Kind)
    ad_external_id = models.CharField(max_length=160, blank=True)
    ad = models.ForeignKey(
        "core.Ad",
        on_delete=models.SET_NULL,
        null=True,
        db_index=False,
        db_constraint=False,
        related_name="+",
        help_text="Set for clicks that can earn credit.",
    )
    campaign_external_id = models.CharField(max_length=160, blank=True)
    channel = models.CharField(max_length=40, blank=True)
    landing_path = models.CharField(max_length=400, blank=True)
    form_id = models.CharField(max_length=80, blank=True)
    region = models.CharField(
        max_length=2, blank=True, help_text="Country of the visitor, ISO 3166, where it was told."
    )
    consent = models.PositiveSmallIntegerField(choices=Consent, default=Consent.NONE)
    is_bot = models.BooleanField(default=False, help_text="Sent by a machine: kept, and never matched.")
    click_id_kind = models.CharField(max_length=10, blank=True, help_text="fbclid, gclid, gbraid or wbraid.")
    click_id_seen_at = models.DateTimeField(null=True, help_text="When the browser first had the click id.")
    fbc = EncryptedText(blank=True, help_text="fb.1.<ms>.<fbclid>, the click id in its own case; needs consent to ads.")
    fbp = EncryptedText(blank=True, help_text="The browser id of Meta's pixel; needs consent to ads.")
    user_agent = EncryptedText(blank=True, help_text="Needs consent to ads.")
    click_hash = models.BigIntegerField(null=True)
    anonymous_hash = models.BigIntegerField(null=True)
    fingerprint_hash = models.BigIntegerField(null=True)
    ip_hash = models.BigIntegerField(null=True)
    email_hash = models.BigIntegerField(null=True)

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace", "touchpoint_id"], name="touchpoint_once"),
            models.CheckConstraint(
                condition=Q(consent__gt=0)
                | Q(click_hash=None, anonymous_hash=None, fingerprint_hash=None, ip_hash=None, email_hash=None),
                name="touchpoint_without_consent_is_anonymous",
            ),
            models.CheckConstraint(
                condition=Q(consent__gte=2) | Q(fbc="", fbp="", user_agent=""),
                name="touchpoint_without_consent_to_ads_tells_platforms_nothing",
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "ad_external_id"],
                condition=Q(ad=None, kind="ad_click", is_bot=False),
                name="touchpoint_of_unknown_ad",
            ),
            models.Index(
                fields=["workspace", "email_hash", "-occurred_at"],
                condition=~Q(email_hash=None),
                name="touchpoint_by_email",
            ),
            BrinIndex(fields=["workspace", "occurred_at"], name="touchpoint_by_time", pages_per_range=32),
            *[
                models.Index(
                    fields=["workspace", f"{key}_hash", "-occurred_at"],
                    include=carried,
                    condition=~Q(**{f"{key}_hash": None}),
                    name=f"touchpoint_by_{key}",
                )
                for key, carried in BY_KEY.items()
            ],
        ]
