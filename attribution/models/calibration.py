"""What was learnt about matching, in versions: how often a shared key is the same person, and how conversions follow clicks."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from attribution.models.ledger import Rule
from stratum.core.tenancy import WorkspaceOwned


class Calibration(WorkspaceOwned):
    """One version. The newest is used; ledger lines say which one they came from."""

    version = models.PositiveIntegerField()
    learnt_at = models.DateTimeField()
    since = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    pairs = models.PositiveIntegerField(default=0, help_text="Masked pairs of deal and click that it was learnt from.")
    deals = models.PositiveIntegerField(default=0, help_text="Deals with a known person that it was learnt from.")
    organic_rate = models.FloatField(help_text="Organic conversions of a known visitor, per day.")
    organic_rate_of_click = ArrayField(
        models.FloatField(),
        help_text="What a click adds to that by delay bin: first on the lead's device, then on others.",
    )
    mean_pull = models.FloatField(help_text="Conversions that a click of an average ad brings.")
    decay = ArrayField(
        models.FloatField(),
        help_text="Share of a click's conversions per day by delay bin: first the lead's device, then others.",
    )
    ad_driven_share = models.FloatField(
        null=True, help_text="Share of leads with a key that clicks were learnt to have brought."
    )
    measured_share = models.FloatField(
        null=True,
        help_text="What an experiment had measured instead when this was learnt; clicks bring no more than that.",
    )
    reliability = models.JSONField(default=list, help_text="What was said and what it was, by bin of what was said.")

    class Meta(WorkspaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace", "version"], name="calibration_version_once")]

    @property
    def brought_share(self) -> float | None:
        """Share of leads with a key that credits give to clicks; None where it was not learnt."""
        if self.ad_driven_share is None or self.measured_share is None:
            return self.ad_driven_share
        return min(self.ad_driven_share, self.measured_share)


class CalibrationCell(WorkspaceOwned):
    """Chance that the click behind a shared key was made by the person behind the deal."""

    version = models.PositiveIntegerField()
    rule = models.PositiveSmallIntegerField(choices=Rule)
    sharing = models.PositiveSmallIntegerField(help_text="log2 of the sessions that share the key, rounded down.")
    delay = models.PositiveSmallIntegerField(help_text="Delay bin.")
    form = models.PositiveSmallIntegerField(help_text="0 no form known, 1 the form fits the ad, 2 it does not.")
    confidence = models.FloatField()
    pairs = models.FloatField(default=0)

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "version", "rule", "sharing", "delay", "form"], name="calibration_cell_once"
            )
        ]


class AdPull(WorkspaceOwned):
    """How many conversions a click of the ad brings, shrunk toward the workspace's mean."""

    version = models.PositiveIntegerField()
    ad = models.ForeignKey("core.Ad", on_delete=models.CASCADE, db_index=False, related_name="+")
    pull = models.FloatField()

    class Meta(WorkspaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace", "version", "ad"], name="ad_pull_once")]


class FormFit(WorkspaceOwned):
    """How much more often than usual deals of this form came from this ad."""

    version = models.PositiveIntegerField()
    ad = models.ForeignKey("core.Ad", on_delete=models.CASCADE, db_index=False, related_name="+")
    form_id = models.CharField(max_length=80)
    lift = models.FloatField()

    class Meta(WorkspaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace", "version", "form_id", "ad"], name="form_fit_once")]


class MatchingSettings(WorkspaceOwned):
    """What a workspace allows its matching to do, and what it knows about its ads from an experiment."""

    use_fingerprint = models.BooleanField(default=True)
    use_ip = models.BooleanField(default=True)
    use_company = models.BooleanField(
        default=False, help_text="Let a colleague's click count, for business customers who decide together."
    )
    probable_needs_ads_consent = models.BooleanField(
        default=True, help_text="Fingerprint and IP only with consent to ads (2), not with consent to measurement (1)."
    )
    regions_without_probable = ArrayField(
        models.CharField(max_length=2),
        default=list,
        blank=True,
        help_text="Countries (ISO 3166) whose visitors are never matched by fingerprint or IP.",
    )
    ad_driven_share = models.FloatField(
        null=True, blank=True, help_text="Share of leads that ads brought, from a lift study or a holdout (0 to 1)."
    )
    ad_driven_share_source = models.CharField(max_length=160, blank=True)
    learnt_at = models.DateTimeField(null=True, editable=False, help_text="When learning was last tried.")

    class Meta(WorkspaceOwned.Meta):
        verbose_name_plural = "matching settings"
        constraints = [models.UniqueConstraint(fields=["workspace"], name="matching_settings_once")]
