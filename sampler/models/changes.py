from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from sampler.domain import states
from stratum.core.tenancy import WorkspaceOwned

NOT_NEGATIVE = [MinValueValidator(0.0)]
FRACTION = [MinValueValidator(0.0), MaxValueValidator(1.0)]


class AccountLimits(WorkspaceOwned):
    """How far and how fast an ad account's budgets may move. Money in minor units of the account's currency."""

    class Autonomy(models.TextChoices):
        REVIEW = "review", "A person approves every change"
        ACT_WITHIN_LIMITS = "act_within_limits", "Changes without findings go out by themselves"

    account = models.ForeignKey("core.AdAccount", on_delete=models.CASCADE, db_index=False, related_name="+")
    step_up = models.FloatField(
        default=0.20, validators=NOT_NEGATIVE, help_text="The most a budget may rise at once, as a fraction."
    )
    step_down = models.FloatField(
        default=0.30, validators=FRACTION, help_text="The most a budget may fall at once, as a fraction."
    )
    cumulative_24h = models.FloatField(
        default=0.50, validators=NOT_NEGATIVE, help_text="The most a budget may rise in 24 hours, as a fraction."
    )
    cumulative_7d = models.FloatField(
        default=1.00, validators=NOT_NEGATIVE, help_text="The most a budget may rise in 7 days, as a fraction."
    )
    daily_cap = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="Minor units a day for all budgets together. Empty: nothing may be raised."
    )
    floor = models.PositiveBigIntegerField(default=0, help_text="The least a budget may be cut to, minor units.")
    ceiling = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="The most a budget may be raised to, minor units."
    )
    cooldown_hours = models.FloatField(default=6.0, validators=NOT_NEGATIVE)
    performance_max_age_hours = models.FloatField(default=3.0, validators=NOT_NEGATIVE)
    revenue_max_age_hours = models.FloatField(default=24.0, validators=NOT_NEGATIVE)
    revenue_max_gap = models.FloatField(
        default=0.02,
        validators=FRACTION,
        help_text="The most of the revenue that may disagree with the CRM for a raise, as a fraction.",
    )
    plan_budgets = models.FloatField(
        default=0.20, validators=FRACTION, help_text="A plan that changes a larger part of the budgets …"
    )
    plan_money = models.FloatField(
        default=0.30, validators=NOT_NEGATIVE, help_text="… and moves a larger part of the money needs two people."
    )
    two_person_amount = models.PositiveBigIntegerField(
        null=True,
        blank=True,
        help_text="From this raise on two people approve, minor units. Empty: 500 units of the account's currency.",
    )
    two_person_share = models.FloatField(
        default=0.10, validators=FRACTION, help_text="The same as a fraction of the daily cap."
    )
    approval_hours = models.FloatField(
        default=4.0, validators=NOT_NEGATIVE, help_text="An approval lapses when nothing was sent for so long."
    )
    spend_day_factor = models.FloatField(
        default=1.25,
        validators=NOT_NEGATIVE,
        help_text="More than this many times the day's budgets spent stops the account and pauses its budgets.",
    )
    spend_hour_factor = models.FloatField(
        default=3.0,
        validators=NOT_NEGATIVE,
        help_text="So does an hour with more than this many times the spend that is usual at that time of day …",
    )
    spend_hour_cap_share = models.FloatField(
        default=0.02, validators=FRACTION, help_text="… if it also was more than this fraction of the daily cap."
    )
    watch_minutes = models.FloatField(
        default=10.0, validators=NOT_NEGATIVE, help_text="How often the day's spend is read for that."
    )
    jitter = models.FloatField(
        default=0.0,
        validators=FRACTION,
        help_text="Planned budgets are blurred by up to this fraction, their total unchanged. 0: not at all.",
    )
    autonomy = models.CharField(max_length=20, choices=Autonomy, default=Autonomy.REVIEW)

    class Meta(WorkspaceOwned.Meta):
        verbose_name_plural = "account limits"
        constraints = [models.UniqueConstraint(fields=["workspace", "account"], name="account_limits_once")]

    def __str__(self) -> str:
        return f"limits of {self.account}"


class AccountPace(WorkspaceOwned):
    """How long an account's platform asked to be left alone, told to every process. In real time, as limits are."""

    account = models.ForeignKey("core.AdAccount", on_delete=models.CASCADE, db_index=False, related_name="+")
    free_at = models.DateTimeField()
    because = models.TextField()

    class Meta(WorkspaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace", "account"], name="account_pace_once")]

    def __str__(self) -> str:
        return f"pace of {self.account}"


class AdBelief(WorkspaceOwned):
    """What is known of an ad as of the end of a day; `state` restores a `sampler.domain.belief.Belief`."""

    ad = models.ForeignKey("core.Ad", on_delete=models.CASCADE, db_index=False, related_name="+")
    state = models.JSONField()
    as_of_date = models.DateField()
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField()

    class Meta(WorkspaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace", "ad"], name="ad_belief_once")]

    def __str__(self) -> str:
        return f"belief of ad {self.ad_id}"


class Plan(WorkspaceOwned):
    """How one account's total should be split, with all that is needed to draw the same plan again."""

    class Status(models.TextChoices):
        CURRENT = "current", "Current"
        SUPERSEDED = "superseded", "Superseded"

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
    evidence = models.JSONField(default=dict, help_text="Clicks and sales behind the expected return.")
    expected = models.FloatField()
    low = models.FloatField()
    high = models.FloatField()
    would_change_our_mind = models.TextField(blank=True)
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
