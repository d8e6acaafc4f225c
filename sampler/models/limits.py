from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from sampler.domain import PortfolioConfig
from sampler.domain.portfolio.config import HOTTEST
from stratum.core.tenancy import WorkspaceOwned

NOT_NEGATIVE = [MinValueValidator(0.0)]
FRACTION = [MinValueValidator(0.0), MaxValueValidator(1.0)]


class AccountLimits(WorkspaceOwned):
    """How far and how fast an ad account's budgets may move. Money in minor units of the account's currency."""

    class Autonomy(models.TextChoices):
        REVIEW = "review", "A person approves every change"
        ACT_WITHIN_LIMITS = "act_within_limits", "Changes without findings go out by themselves"

    class Policy(models.TextChoices):
        PORTFOLIO = "portfolio", "Equal marginal return on learnt curves"
        BLENDED = "blended", "In proportion to the blended score: click rate × return × wear"

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
    least_return = models.FloatField(
        default=1.0,
        validators=NOT_NEGATIVE,
        help_text="Marginal ROAS below which a unit of budget is not worth spending; 1 is break-even. A raise below it waits for a person.",
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
    policy = models.CharField(max_length=12, choices=Policy, default=Policy.PORTFOLIO)
    temperature = models.FloatField(
        default=PortfolioConfig.temperature,
        validators=[MinValueValidator(0.0), MaxValueValidator(HOTTEST)],
        help_text="How much of what is uncertain is tried out, on learnt curves: 0 plans by what is expected, 1 is Thompson sampling. "
        "Before it is changed, manage.py evaluate_policy --temperature says what it would have earned on the days that were planned; "
        "nothing can say so of plans made at 0.",
    )
    use_cross_learner = models.BooleanField(default=True, help_text="Let patterns of several accounts boost new ads.")
    use_similar_winners = models.BooleanField(default=True, help_text="Let winners boost new ads that look like them.")
    use_predictions = models.BooleanField(default=True, help_text="Let predictions boost or damp new ads.")
    spend_day_factor = models.FloatField(
        null=True,
        blank=True,
        validators=NOT_NEGATIVE,
        help_text="More than this many times the day's budgets spent stops the account and pauses its budgets. "
        "Empty: what the platform allows itself, 1.25 at Meta and 2 at Google.",
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
    learning_days = models.PositiveSmallIntegerField(
        default=3,
        help_text="On learnt curves, a new budget is not cut for so many days from its first spend, or until its own sales tell more of "
        "it than its like do. A smaller total wins over that. 0: new budgets are cut as any other.",
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
