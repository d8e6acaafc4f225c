from __future__ import annotations

from django.db import models

from attribution.models.deals import Deal
from stratum.core.tenancy import WorkspaceOwned


class DealValuation(WorkspaceOwned):
    """What a deal was worth from one revision of the ledger on, at which frozen rate. Rows are only ever added."""

    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, db_index=False, related_name="+")
    revision = models.PositiveIntegerField(help_text="The revision of the ledger that this led to.")
    at = models.DateTimeField()
    currency = models.CharField(max_length=3)
    amount_in_currency = models.BigIntegerField(null=True)
    fx_rate = models.DecimalField(max_digits=18, decimal_places=9, null=True)
    fx_date = models.DateField(null=True)
    fx_source = models.CharField(max_length=40, blank=True)
    amount = models.BigIntegerField(null=True)
    probability = models.DecimalField(max_digits=5, decimal_places=4, null=True)
    value = models.BigIntegerField()

    class Meta(WorkspaceOwned.Meta):
        indexes = [models.Index(fields=["workspace", "deal", "revision"], name="deal_valuation_by_deal")]
