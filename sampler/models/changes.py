from __future__ import annotations

from django.db import models
from django.db.models import Q

from sampler.domain import states
from stratum.core.tenancy import WorkspaceOwned


class Plan(WorkspaceOwned):
    """How one account's total should be split, with all that is needed to draw the same plan again."""

    class Status(models.TextChoices):
        CURRENT = "current", "Current"
        SUPERSEDED = "superseded", "Superseded"
        TAKEN_BACK = "taken_back", "Taken back"

    account = models.ForeignKey("core.AdAccount", on_delete=models.CASCADE, db_index=False, related_name="+")
    day = models.DateField()
    seed = models.BigIntegerField()
    total = models.BigIntegerField(help_text="Minor units a day.")
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=12, choices=Status, default=Status.CURRENT)
    created_at = models.DateTimeField()
    performance_at = models.DateTimeField(null=True)
    revenue_at = models.DateTimeField(null=True)
    inputs = models.JSONField(
        help_text="The budget holders with budget, score and bounds, and the beliefs that were read."
    )
    inputs_hash = models.CharField(max_length=64)
    expected = models.FloatField(help_text="Return on spend.")
    low = models.FloatField()
    high = models.FloatField()
    basis = models.TextField()
    policy = models.CharField(max_length=12, default="blended")
    portfolio = models.CharField(max_length=64, blank=True, help_text="Digest of the state that it was made from.")
    is_whole = models.BooleanField(
        default=True, help_text="None of the account's budgets was left out, as what cools down is."
    )
    together = models.JSONField(
        default=list, help_text="Accounts by id whose plans were made with this one, so that they pay for each other."
    )
    rolls_back_made_at = models.DateTimeField(null=True, help_text="When the plan was made that this one takes back.")

    class Meta(WorkspaceOwned.Meta):
        indexes = [models.Index(fields=["workspace", "account", "-created_at"], name="plan_latest")]

    def __str__(self) -> str:
        return f"plan {self.pk} for {self.day}"


class Change(WorkspaceOwned):
    """One thing Stratum wants to do to the world: a daily budget from `before` to `after`, minor units of `currency`."""

    class Target(models.TextChoices):
        CAMPAIGN = "campaign", "Campaign"
        AD_SET = "ad_set", "Ad set"

    Status = models.TextChoices("Status", {status.upper(): (status, status.capitalize()) for status in states.STATUSES})

    plan = models.ForeignKey(Plan, null=True, on_delete=models.SET_NULL, db_index=False, related_name="+")
    account = models.ForeignKey("core.AdAccount", on_delete=models.CASCADE, db_index=False, related_name="+")
    target_kind = models.CharField(max_length=10, choices=Target)
    campaign = models.ForeignKey("core.Campaign", null=True, on_delete=models.CASCADE, db_index=False, related_name="+")
    ad_set = models.ForeignKey("core.AdSet", null=True, on_delete=models.CASCADE, db_index=False, related_name="+")
    field = models.CharField(max_length=20, default="daily_budget")
    before = models.BigIntegerField()
    after = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    reasons = models.JSONField(default=list)
    findings = models.JSONField(default=list)
    evidence = models.JSONField(
        default=dict, help_text="Clicks and sales behind the expected return, and what the change should add."
    )
    expected = models.FloatField()
    low = models.FloatField()
    high = models.FloatField()
    would_change_our_mind = models.TextField(blank=True)
    curve = models.JSONField(null=True, help_text="Expected revenue by budget; see `curve_reasons.Curve`.")
    status = models.CharField(max_length=12, choices=Status.choices, default=states.PROPOSED)
    created_at = models.DateTimeField()
    asked_by = models.CharField(max_length=120, blank=True, help_text="Empty: Stratum itself.")
    decided_by = models.CharField(max_length=120, blank=True)
    decided_at = models.DateTimeField(null=True)
    comment = models.TextField(blank=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(
        null=True, help_text="In real time: a worker that is still alive settles the change before."
    )
    applied_at = models.DateTimeField(null=True)
    outcome = models.TextField(blank=True)
    undo_of = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, db_index=False, related_name="+")

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "ad_set"], condition=Q(status__in=states.LIVE), name="change_live_once_an_ad_set"
            ),
            models.UniqueConstraint(
                fields=["workspace", "campaign"],
                condition=Q(status__in=states.LIVE, ad_set=None),
                name="change_live_once_a_campaign",
            ),
            models.CheckConstraint(
                condition=Q(target_kind="ad_set", ad_set__isnull=False, campaign=None)
                | Q(target_kind="campaign", campaign__isnull=False, ad_set=None),
                name="change_has_its_target",
            ),
            models.CheckConstraint(condition=Q(after__gt=0, before__gte=0), name="change_of_an_amount"),
        ]
        indexes = [
            models.Index(fields=["workspace", "status", "-created_at"], name="change_by_status"),
            models.Index(fields=["workspace", "account", "status"], name="change_by_account"),
            models.Index(
                fields=["workspace", "account", "-applied_at"],
                condition=~Q(applied_at=None),
                name="change_applied_lately",
            ),
            models.Index(fields=["workspace", "ad_set", "-applied_at"], name="change_history_ad_set"),
            models.Index(fields=["workspace", "campaign", "-applied_at"], name="change_history_campaign"),
        ]

    @property
    def target(self) -> models.Model:
        return self.ad_set if self.target_kind == self.Target.AD_SET else self.campaign

    def __str__(self) -> str:
        return f"change {self.pk} of {self.target_kind} {self.ad_set_id or self.campaign_id}"


class Approval(WorkspaceOwned):
    """One person's word for one change, exactly as it was then: `of` is the change's `content_hash`."""

    change = models.ForeignKey(Change, on_delete=models.CASCADE, db_index=False, related_name="+")
    by = models.CharField(max_length=120)
    at = models.DateTimeField()
    of = models.CharField(max_length=64)

    class Meta(WorkspaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace", "change", "by"], name="approval_once_a_person")]

    def __str__(self) -> str:
        return f"{self.by} for change {self.change_id}"
