from __future__ import annotations

from django.db import models
from django.db.models import Q

from stratum.core.tenancy import WorkspaceOwned


class SpendReading(WorkspaceOwned):
    """What an account had spent of its own day, and the sum of its active budgets then. Minor units."""

    account = models.ForeignKey("core.AdAccount", on_delete=models.CASCADE, db_index=False, related_name="+")
    day = models.DateField()
    at = models.DateTimeField()
    spend = models.BigIntegerField()
    budgets = models.BigIntegerField()

    class Meta(WorkspaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace", "account", "at"], name="spend_reading_once")]

    def __str__(self) -> str:
        return f"spend of account {self.account_id} at {self.at}"


class SpendStop(WorkspaceOwned):
    """An account that spent far too fast and was stopped. Open until a person lets it go on."""

    account = models.ForeignKey("core.AdAccount", on_delete=models.CASCADE, db_index=False, related_name="+")
    at = models.DateTimeField()
    rule = models.CharField(max_length=10)
    spent = models.BigIntegerField(help_text="Minor units.")
    expected = models.FloatField(help_text="Minor units, in the same time.")
    lifted_at = models.DateTimeField(null=True)

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "account"], condition=Q(lifted_at=None), name="spend_stop_open_once"
            )
        ]

    def __str__(self) -> str:
        return f"stop of account {self.account_id} at {self.at}"


class Pause(WorkspaceOwned):
    """A campaign or an ad set that Stratum switches off in an emergency, and on again when a person says so."""

    class Status(models.TextChoices):
        PAUSING = "pausing", "Is being paused"
        PAUSED = "paused", "Paused by Stratum"
        RESUMING = "resuming", "Is being resumed"
        RESUMED = "resumed", "Resumed"
        LEFT = "left", "Was off already, or is gone"

    stop = models.ForeignKey(SpendStop, on_delete=models.CASCADE, db_index=False, related_name="+")
    account = models.ForeignKey("core.AdAccount", on_delete=models.CASCADE, db_index=False, related_name="+")
    campaign = models.ForeignKey("core.Campaign", null=True, on_delete=models.CASCADE, db_index=False, related_name="+")
    ad_set = models.ForeignKey("core.AdSet", null=True, on_delete=models.CASCADE, db_index=False, related_name="+")
    status = models.CharField(max_length=10, choices=Status, default=Status.PAUSING)
    attempts = models.PositiveIntegerField(default=0)
    paused_at = models.DateTimeField(null=True)
    resumed_at = models.DateTimeField(null=True)
    resumed_by = models.CharField(max_length=120, blank=True)

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(campaign=None, ad_set__isnull=False) | Q(campaign__isnull=False, ad_set=None),
                name="pause_has_its_target",
            )
        ]
        indexes = [models.Index(fields=["workspace", "account", "status"], name="pause_by_account")]

    @property
    def target(self) -> models.Model:
        return self.ad_set or self.campaign

    def __str__(self) -> str:
        return f"pause of {self.target}"
