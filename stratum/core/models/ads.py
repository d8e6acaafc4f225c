from __future__ import annotations

from django.db import models

from stratum.core.crypto import EncryptedText
from stratum.core.tenancy import WorkspaceOwned


class AdAccount(WorkspaceOwned):
    class Platform(models.TextChoices):
        META = "meta", "Meta"
        GOOGLE = "google", "Google"
        IMPORT = "import", "Imported file"

    platform = models.CharField(max_length=10, choices=Platform)
    external_id = models.CharField(max_length=64, help_text="Meta: the account's number. Google: the customer id.")
    name = models.CharField(max_length=160)
    currency = models.CharField(max_length=3)
    timezone = models.CharField(max_length=64, default="UTC")
    access_token = EncryptedText(
        blank=True,
        help_text="Meta: an access token. Google: JSON with client_id, client_secret and refresh_token (and login_customer_id, where a "
        "manager account signs in), or a bearer token.",
    )
    dry_run = models.BooleanField(
        default=True, help_text="While this is on, approved changes are rehearsed and nothing is sent."
    )
    is_joined = models.BooleanField(
        default=False,
        help_text="Learn and plan its budgets together with the workspace's other joined accounts, whichever platforms they are on. "
        "Only where the platforms' terms allow it: Meta's ask for its leave before its data are mixed with other platforms'.",
    )
    minimum_budget = models.BigIntegerField(
        default=0, editable=False, help_text="The least daily budget that the platform takes, minor units."
    )
    halted_at = models.DateTimeField(null=True, editable=False, help_text="Since then nothing is sent.")
    halted_because = models.CharField(max_length=240, blank=True, editable=False)
    conversion_kind = models.CharField(
        max_length=120,
        blank=True,
        help_text="The kind of result that is counted as a conversion, such as omni_purchase or lead. Chosen by the first pull that finds "
        "one; days without it count 0. Another choice makes the whole history be read again. Google counts what the account bids on.",
    )
    answer_findings = models.JSONField(
        default=list, editable=False, help_text="What of the platform's last answers could not be used, and how often."
    )
    history_wanted_from = models.DateField(
        null=True, editable=False, help_text="Its history is to be read back to here."
    )
    history_read_from = models.DateField(null=True, editable=False, help_text="Its history has been read back to here.")
    clicks_named_on = models.DateField(
        null=True, editable=False, help_text="When Google was last asked which ads its clicks were on."
    )
    insights_pulled_at = models.DateTimeField(null=True, blank=True, help_text="When ad performance was last read.")
    turned_at = models.DateTimeField(null=True, editable=False, help_text="When its loop was last turned.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(WorkspaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace", "platform", "external_id"], name="ad_account_once")]

    def __str__(self) -> str:
        return self.name


class AccountOwned(WorkspaceOwned):
    """What lives inside an ad account and carries the platform's id."""

    account = models.ForeignKey(AdAccount, on_delete=models.CASCADE, db_index=False, related_name="+")
    external_id = models.CharField(max_length=160)
    name = models.CharField(max_length=240)
    status = models.CharField(max_length=20, default="ACTIVE")

    class Meta(WorkspaceOwned.Meta):
        abstract = True

    def __str__(self) -> str:
        return self.name


def _once(name: str) -> list[models.UniqueConstraint]:
    return [models.UniqueConstraint(fields=["workspace", "account", "external_id"], name=name)]


class BudgetOwned(AccountOwned):
    """What may hold a budget: a daily one of its own, or one that it spends from and that nobody here changes."""

    daily_budget = models.BigIntegerField(
        null=True, blank=True, help_text="Minor units; empty when the other level holds the budget."
    )
    fixed_budget_id = models.CharField(
        max_length=160,
        blank=True,
        help_text="The budget that it spends from and that nobody here changes: one that campaigns share, or one for its whole run.",
    )
    fixed_budget = models.BigIntegerField(
        null=True, blank=True, help_text="What all of that budget may cost a day, minor units; empty when nobody tells."
    )

    class Meta(AccountOwned.Meta):
        abstract = True


class Campaign(BudgetOwned):
    class Meta(BudgetOwned.Meta):
        constraints = _once("campaign_once")


class AdSet(BudgetOwned):
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, db_index=False, related_name="ad_sets")

    class Meta(BudgetOwned.Meta):
        constraints = _once("ad_set_once")
        indexes = [models.Index(fields=["workspace", "campaign"], name="ad_set_by_campaign")]


class AdSetAudience(WorkspaceOwned):
    """Whom an ad set was aimed at from a day on; the first of its lines holds for the days before too."""

    ad_set = models.ForeignKey(AdSet, on_delete=models.CASCADE, db_index=False, related_name="+")
    since = models.DateField(help_text="A day of the account.")
    audience = models.CharField(max_length=240)

    class Meta(WorkspaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace", "ad_set", "since"], name="ad_set_audience_once")]


class Ad(AccountOwned):
    ad_set = models.ForeignKey(AdSet, on_delete=models.CASCADE, db_index=False, related_name="ads")
    first_seen_date = models.DateField(null=True, blank=True)
    is_remainder = models.BooleanField(
        default=False, editable=False, help_text="No ad, but what its campaign or account did and no ad explains."
    )
    url_tags = models.TextField(
        null=True, editable=False, help_text="What the platform adds to its address; empty: nothing."
    )

    class Meta(AccountOwned.Meta):
        constraints = _once("ad_once")
        indexes = [
            models.Index(fields=["workspace", "ad_set"], name="ad_by_ad_set"),
            models.Index(fields=["workspace", "external_id"], name="ad_by_external_id"),
        ]


class AdDay(WorkspaceOwned):
    """What one ad did on one day of its account, as the platform last reported it. Platforms restate days: rows are replaced."""

    pk = models.CompositePrimaryKey("workspace_id", "day", "ad_id")
    day = models.DateField()
    ad = models.ForeignKey(Ad, on_delete=models.CASCADE, db_index=False, related_name="+")
    spend = models.DecimalField(max_digits=18, decimal_places=6, help_text="Major units of the account's currency.")
    impressions = models.BigIntegerField()
    clicks = models.BigIntegerField()
    reach = models.BigIntegerField(null=True)
    frequency = models.FloatField(null=True)
    conversions = models.DecimalField(max_digits=18, decimal_places=6, null=True)
    conversion_value = models.DecimalField(max_digits=18, decimal_places=6, null=True)
    reported_at = models.DateTimeField()

    class Meta(WorkspaceOwned.Meta):
        indexes = [models.Index(fields=["workspace", "ad", "day"], name="ad_day_by_ad")]
