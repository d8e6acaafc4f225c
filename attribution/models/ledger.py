from __future__ import annotations

from django.contrib.postgres.indexes import BrinIndex
from django.db import models

from attribution.models.deals import Deal
from attribution.models.touchpoints import Touchpoint
from stratum.core.tenancy import WorkspaceOwned


class Layer(models.TextChoices):
    DETERMINISTIC = "deterministic", "Click id, cookie or known person"
    FINGERPRINT = "fingerprint", "Fingerprint"
    IP = "ip", "IP address"
    MODELLED = "modelled", "Modelled in aggregate"
    UNATTRIBUTED = "unattributed", "Unattributed"


class Rule(models.IntegerChoices):
    """Which key led from the deal to the click."""

    CLICK_ID = 1, "the same click id"
    COOKIE = 2, "the same cookie"
    PERSON = 3, "another device of the same person"
    COMPANY = 4, "a colleague of the same company"
    FINGERPRINT_AND_IP = 5, "the same fingerprint and IP address"
    FINGERPRINT = 6, "the same fingerprint"
    IP = 7, "the same IP address"
    NONE = 9, "nothing"


class LedgerEntry(WorkspaceOwned):
    """A signed line of revenue. Rows are only ever added; a deal's balance is the sum of its lines.

    Per deal the amounts sum to the deal's value and the credits sum to one, at every revision.
    """

    Layer = Layer

    # Checks of every reference would cost a third of posting a line. Nothing deletes what a line refers to but its workspace.
    workspace = models.ForeignKey(
        "core.Workspace", on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="+"
    )
    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, db_index=False, related_name="+")
    revision = models.PositiveIntegerField()
    line = models.PositiveSmallIntegerField()
    ad = models.ForeignKey(
        "core.Ad", on_delete=models.PROTECT, null=True, db_index=False, db_constraint=False, related_name="+"
    )
    ad_set = models.ForeignKey(
        "core.AdSet",
        on_delete=models.PROTECT,
        null=True,
        db_index=False,
        db_constraint=False,
        related_name="+",
        help_text="The audience as it was at the time of the click.",
    )
    touchpoint = models.ForeignKey(
        Touchpoint, on_delete=models.PROTECT, null=True, db_index=False, db_constraint=False, related_name="+"
    )
    layer = models.CharField(max_length=13, choices=Layer)
    rule = models.PositiveSmallIntegerField(choices=Rule)
    sharing = models.PositiveIntegerField(default=0, help_text="Sessions that shared the key before the lead.")
    confidence = models.FloatField(help_text="Chance that the click was made by the person behind the deal.")
    calibration = models.PositiveIntegerField(
        default=0, help_text="Version of the table that the confidence came from."
    )
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
            # Lines are posted about when they are booked, so that a map of page ranges is enough.
            BrinIndex(fields=["workspace", "booked_date"], name="ledger_by_booked_date", pages_per_range=16),
        ]


class ModelledEntry(WorkspaceOwned):
    """The part of the unattributed revenue that ads brought without leaving a key: an aggregate for an ad and a day, signed.

    On each basis the lines of a run sum to the same total, which is taken from the unattributed line and never from a deal.
    """

    class Basis(models.TextChoices):
        ACCRUAL = "accrual", "Day of the click"
        CASH = "cash", "Day of the booking"

    basis = models.CharField(max_length=7, choices=Basis)
    day = models.DateField()
    ad = models.ForeignKey("core.Ad", on_delete=models.PROTECT, db_index=False, related_name="+")
    run = models.PositiveIntegerField()
    amount = models.BigIntegerField(help_text="Signed minor units of the workspace's currency.")
    deals = models.FloatField(help_text="Expected number of deals, signed.")
    posted_at = models.DateTimeField()

    class Meta(WorkspaceOwned.Meta):
        verbose_name_plural = "modelled entries"
        constraints = [
            models.UniqueConstraint(fields=["workspace", "basis", "day", "ad", "run"], name="modelled_entry_once")
        ]


class ModelledRun(WorkspaceOwned):
    """When the rest was last spread, and by which anchor."""

    run = models.PositiveIntegerField()
    made_at = models.DateTimeField()
    calibration = models.PositiveIntegerField()
    ad_driven_share = models.FloatField(help_text="Share of leads that ads brought, as it was taken.")
    anchored = models.BooleanField(
        help_text="Whether it was measured by an experiment; otherwise it is a cautious assumption."
    )
    source = models.CharField(max_length=160, blank=True)
    leads = models.PositiveIntegerField()
    explained = models.FloatField(help_text="Leads that credits of layers 0 to 2 add up to.")
    amount = models.BigIntegerField(help_text="Modelled revenue, minor units.")
    ledger_to = models.BigIntegerField(default=0, help_text="The newest ledger line there was.")

    class Meta(WorkspaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace", "run"], name="modelled_run_once")]
