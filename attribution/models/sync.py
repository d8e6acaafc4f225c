"""What is asked of the CRM of our own accord: how far it was read, who belongs to which deal, how well the two sides agree."""

from __future__ import annotations

from django.db import models

from attribution.models.deals import Deal
from attribution.models.inbox import CrmConnection
from stratum.core.tenancy import WorkspaceOwned


class CrmSync(WorkspaceOwned):
    """How far a portal was read, and when which of the regular tasks was last done for it."""

    connection = models.ForeignKey(CrmConnection, on_delete=models.CASCADE, db_index=False, related_name="+")
    synced_to = models.DateTimeField(null=True, help_text="Changes up to here were compared; never past a run's start.")
    synced_at = models.DateTimeField(null=True)
    reconciled_at = models.DateTimeField(null=True)
    learnt_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True)

    class Meta(WorkspaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace", "connection"], name="crm_sync_once")]


class DealContact(WorkspaceOwned):
    """A contact of a deal, as the CRM last told: links change without the deal's own date moving."""

    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, db_index=False, related_name="+")
    contact_external_id = models.CharField(max_length=80)

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace", "deal", "contact_external_id"], name="deal_contact_once")
        ]
        indexes = [models.Index(fields=["workspace", "contact_external_id"], name="deal_contact_by_contact")]


class Reconciliation(WorkspaceOwned):
    """One comparison of all deals of a portal with what is stored, after repair. Money in minor units of the workspace."""

    connection = models.ForeignKey(CrmConnection, on_delete=models.CASCADE, db_index=False, related_name="+")
    at = models.DateTimeField()
    compared = models.PositiveIntegerField(help_text="Deals that the CRM has or that are stored as alive.")
    equal = models.PositiveIntegerField(help_text="Agreed at first sight.")
    missing = models.PositiveIntegerField(help_text="The CRM has them and they were not known.")
    different = models.PositiveIntegerField(help_text="Known, but not as the CRM has them, or not booked so.")
    gone = models.PositiveIntegerField(help_text="Stored as alive, and the CRM has them no more.")
    repaired = models.PositiveIntegerField(help_text="Of those, in agreement after they were read again.")
    revenue = models.BigIntegerField(help_text="What the portal's deals are booked with.")
    revenue_verified = models.BigIntegerField(help_text="The part that agrees with the CRM and with the ledger.")

    class Meta(WorkspaceOwned.Meta):
        indexes = [models.Index(fields=["workspace", "-at"], name="reconciliation_latest")]

    @property
    def share_verified(self) -> str:
        return f"{self.revenue_verified / self.revenue:.2%}" if self.revenue else "–"
