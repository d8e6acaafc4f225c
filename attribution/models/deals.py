from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import Q

from attribution.domain.stage_odds import odds_in_force
from attribution.models.inbox import CrmConnection
from attribution.models.people import Contact
from stratum.core.tenancy import WorkspaceOwned


class PipelineStage(WorkspaceOwned):
    """A stage as the CRM's own metadata describes it. Labels are for people; won and lost are never read from them."""

    connection = models.ForeignKey(CrmConnection, on_delete=models.CASCADE, db_index=False, related_name="+")
    pipeline_id = models.CharField(max_length=80)
    stage_id = models.CharField(max_length=80)
    label = models.CharField(max_length=160)
    probability = models.DecimalField(max_digits=5, decimal_places=4, help_text="As the CRM is set.")
    is_closed = models.BooleanField()
    learnt_probability = models.DecimalField(
        max_digits=5, decimal_places=4, null=True, help_text="From the pipeline's own history, shrunk toward the CRM's."
    )
    learnt_from = models.PositiveIntegerField(default=0, help_text="Deals that were in this stage and have closed.")
    learnt_won = models.PositiveIntegerField(default=0)
    still_open = models.PositiveIntegerField(default=0)
    learnt_at = models.DateTimeField(null=True)

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "connection", "pipeline_id", "stage_id"], name="pipeline_stage_once"
            )
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def probability_in_force(self) -> Decimal:
        return odds_in_force(self.probability, self.learnt_probability, self.learnt_from)


class Deal(WorkspaceOwned):
    """The latest state of a deal, what it is worth now, and the keys that its lead left behind."""

    connection = models.ForeignKey(CrmConnection, on_delete=models.CASCADE, null=True, db_index=False, related_name="+")
    external_id = models.CharField(max_length=80)
    name = models.CharField(max_length=240, blank=True)
    contact = models.ForeignKey(Contact, on_delete=models.SET_NULL, null=True, db_index=False, related_name="+")
    pipeline_id = models.CharField(max_length=80, blank=True)
    stage_id = models.CharField(max_length=80, blank=True)
    stage_label = models.CharField(max_length=160, blank=True)
    form_id = models.CharField(max_length=80, blank=True)
    region = models.CharField(max_length=2, blank=True)
    probability = models.DecimalField(max_digits=5, decimal_places=4, null=True)
    is_won = models.BooleanField(default=False)
    is_closed = models.BooleanField(default=False)
    removed_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(
        null=True, help_text="Its person was erased: its keys are gone for good and its credits stay as they stood."
    )
    amount = models.BigIntegerField(
        null=True, help_text="Minor units of the workspace's currency; empty is unknown, not zero."
    )
    value = models.BigIntegerField(
        default=0, help_text="What is booked: amount × probability, all of it when won, nothing when lost."
    )
    currency = models.CharField(max_length=3, blank=True, help_text="What the CRM holds the amount in.")
    amount_in_currency = models.BigIntegerField(null=True, help_text="Minor units of that currency.")
    fx_rate = models.DecimalField(
        max_digits=18, decimal_places=9, null=True, help_text="Workspace's currency for one unit."
    )
    fx_date = models.DateField(
        null=True, help_text="The day of that rate; without a rate, the day for which one is wanted."
    )
    fx_source = models.CharField(max_length=40, blank=True)
    unvalued_because = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(help_text="When the lead came: matching windows count back from here.")
    updated_at = models.DateTimeField(help_text="When the CRM last changed it.")
    closed_at = models.DateTimeField(null=True)
    revision = models.PositiveIntegerField(default=0)
    click_hash = models.BigIntegerField(null=True)
    other_click_hash = models.BigIntegerField(null=True)
    anonymous_hash = models.BigIntegerField(null=True)
    fingerprint_hash = models.BigIntegerField(null=True)
    ip_hash = models.BigIntegerField(null=True)
    email_hash = models.BigIntegerField(null=True)
    phone_hash = models.BigIntegerField(null=True)
    contact_hash = models.BigIntegerField(null=True)
    company_hash = models.BigIntegerField(null=True)

    class Meta(WorkspaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace", "external_id"], name="deal_once")]
        indexes = [
            models.Index(fields=["workspace", "-updated_at"], name="deal_latest"),
            *[
                models.Index(
                    fields=["workspace", f"{key}_hash", "created_at"],
                    condition=~Q(**{f"{key}_hash": None}),
                    name=f"deal_by_{key}",
                )
                for key in (
                    "click",
                    "other_click",
                    "anonymous",
                    "fingerprint",
                    "ip",
                    "email",
                    "phone",
                    "contact",
                    "company",
                )
            ],
        ]

    def __str__(self) -> str:
        return self.name or self.external_id


class StageChange(WorkspaceOwned):
    """A deal entered a stage: the pipeline's own history, from which its probabilities are learnt and conversions are told."""

    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, db_index=False, related_name="+")
    pipeline_id = models.CharField(max_length=80)
    stage_id = models.CharField(max_length=80)
    is_closed = models.BooleanField(default=False)
    is_won = models.BooleanField(default=False)
    occurred_at = models.DateTimeField()

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace", "deal", "occurred_at", "stage_id"], name="stage_change_once")
        ]


class ExchangeRate(WorkspaceOwned):
    """What one unit of a currency was worth in the workspace's currency on a day, and who says so."""

    currency = models.CharField(max_length=3)
    day = models.DateField()
    rate = models.DecimalField(max_digits=18, decimal_places=9)
    source = models.CharField(max_length=40)

    class Meta(WorkspaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace", "currency", "day"], name="exchange_rate_once")]


class DealRefresh(WorkspaceOwned):
    """The queue of deals that must be looked at again. A new hint raises `version`, so that work in flight cannot swallow it."""

    connection = models.ForeignKey(CrmConnection, on_delete=models.CASCADE, null=True, db_index=False, related_name="+")
    deal_external_id = models.CharField(max_length=80)
    reread = models.BooleanField(default=True, help_text="Ask the CRM again; otherwise only match again.")
    version = models.BigIntegerField(default=1)
    queued_at = models.DateTimeField(help_text="Since when it waits; revenue is no fresher than that.")
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=300, blank=True)

    class Meta(WorkspaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace", "deal_external_id"], name="deal_refresh_once")]
        indexes = [models.Index(fields=["workspace", "due_at"], name="deal_refresh_due")]
