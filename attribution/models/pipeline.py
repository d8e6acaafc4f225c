from __future__ import annotations

from django.db import models

from stratum.core.tenancy import WorkspaceOwned


class ToldPipeline(WorkspaceOwned):
    """What another system says the open deals of an ad are worth. One row an ad; an older statement never replaces a newer."""

    ad_external_id = models.CharField(max_length=160)
    pipeline_value = models.BigIntegerField(help_text="Minor units of the currency.")
    currency = models.CharField(max_length=3)
    deals_count = models.PositiveIntegerField()
    as_of = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta(WorkspaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace", "ad_external_id"], name="told_pipeline_once")]
