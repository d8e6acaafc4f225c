from __future__ import annotations

from django.db import models

from attribution.models.deals import Deal
from attribution.models.touchpoints import Touchpoint
from stratum.core.tenancy import WorkspaceOwned


class LedgerEntry(WorkspaceOwned):
    """A signed line of revenue. Rows are only ever added; a deal's balance is the sum of its lines.

    Per deal the amounts sum to the deal's value and the credits sum to one, at every revision.
    """

    class Layer(models.TextChoices):
        DETERMINISTIC = "deterministic", "Click id or cookie"
        FINGERPRINT = "fingerprint", "Fingerprint"
        IP = "ip", "IP address"
        MODELLED = "modelled", "Modelled by time decay"
        UNATTRIBUTED = "unattributed", "Unattributed"

    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, db_index=False, related_name="+")
    revision = models.PositiveIntegerField()
    line = models.PositiveSmallIntegerField()
    ad = models.ForeignKey("core.Ad", on_delete=models.PROTECT, null=True, db_index=False, related_name="+")
    touchpoint = models.ForeignKey(Touchpoint, on_delete=models.PROTECT, null=True, db_index=False, related_name="+")
    layer = models.CharField(max_length=13, choices=Layer)
    confidence = models.FloatField()
    credit = models.DecimalField(max_digits=9, decimal_places=8)
    amount = models.BigIntegerField(help_text="Signed minor units of the workspace's currency.")
    click_date = models.DateField(help_text="Accrual basis: the day of the click (the lead's day where there is none).")
    booked_date = models.DateField(help_text="Cash basis: the day on which the deal changed.")
    posted_at = models.DateTimeField()
    reason = models.CharField(max_length=120)

    class Meta(WorkspaceOwned.Meta):
        verbose_name_plural = "ledger entries"
        constraints = [
            models.UniqueConstraint(fields=["workspace", "deal", "revision", "line"], name="ledger_line_once")
        ]
        indexes = [
            models.Index(fields=["workspace", "click_date", "ad"], name="ledger_by_click_date"),
            models.Index(fields=["workspace", "booked_date", "ad"], name="ledger_by_booked_date"),
        ]
