from __future__ import annotations

from django.db import models

from sampler.domain import boosts
from stratum.core.tenancy import WorkspaceOwned


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


class AdBoost(WorkspaceOwned):
    """What learning or the creatives know of an ad before its own sales have spoken; see `domain/boosts.py`."""

    class Kind(models.TextChoices):
        CROSS_LEARNER = boosts.CROSS_LEARNER, "Pattern of several accounts"
        SIMILAR_WINNER = boosts.SIMILAR_WINNER, "Like a winner"
        PREDICTION = boosts.PREDICTION, "Predicted"

    ad = models.ForeignKey("core.Ad", on_delete=models.CASCADE, db_index=False, related_name="+")
    kind = models.CharField(max_length=16, choices=Kind)
    factor = models.FloatField(help_text="On what its account promises of revenue per spend.")
    sentence = models.CharField(max_length=240)
    accounts = models.PositiveIntegerField(null=True)
    roas = models.FloatField(null=True)
    written_at = models.DateTimeField()

    class Meta(WorkspaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace", "ad", "kind"], name="ad_boost_once")]

    def __str__(self) -> str:
        return f"{self.kind} of ad {self.ad_id}"


class PortfolioState(WorkspaceOwned):
    """What the engine knew of the budgets of one scope at the end of a day; `arrays` restore a `sampler.domain.Portfolio`.

    A row is never changed: a plan names the digest of the state that it was made from, so that it can be made again.
    """

    scope = models.CharField(
        max_length=40,
        help_text="The accounts that are learnt together: a platform's, the joined ones, or one that is imported.",
    )
    as_of_date = models.DateField()
    holders = models.PositiveIntegerField(help_text="Budgets that it knows.")
    events = models.PositiveIntegerField(help_text="Leads that it was learnt from.")
    drift = models.JSONField(
        default=dict, help_text="By account: how far its daily return strays from what its past promised."
    )
    arrays = models.BinaryField()
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    class Meta(WorkspaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace", "digest"], name="portfolio_state_once")]
        indexes = [models.Index(fields=["workspace", "scope", "-created_at"], name="portfolio_state_latest")]

    def __str__(self) -> str:
        return f"{self.scope} as of {self.as_of_date}"
