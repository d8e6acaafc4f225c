"""What a click adds to the organic rate depends on its age: versions learnt before had one rate for all ages."""

from __future__ import annotations

import django.contrib.postgres.fields
from django.db import migrations, models

WIDEN = """
    UPDATE attribution_calibration
    SET organic_rate_of_click = array_fill(organic_rate_of_click[1], ARRAY[12]) || array_fill(organic_rate_of_click[2], ARRAY[12])
    WHERE cardinality(organic_rate_of_click) = 2
"""
NARROW = """
    UPDATE attribution_calibration SET organic_rate_of_click = ARRAY[organic_rate_of_click[12], organic_rate_of_click[24]]
    WHERE cardinality(organic_rate_of_click) = 24
"""


class Migration(migrations.Migration):
    dependencies = [("attribution", "0006_adds_up_deal_by_deal")]
    operations = [
        migrations.RunSQL(WIDEN, NARROW),
        migrations.AddField(
            "calibration",
            "measured_share",
            models.FloatField(
                null=True,
                help_text="What an experiment had measured instead when this was learnt; clicks bring no more than that.",
            ),
        ),
        migrations.AlterField(
            "calibration",
            "ad_driven_share",
            models.FloatField(
                null=True, help_text="Share of leads with a key that clicks were learnt to have brought."
            ),
        ),
        migrations.AlterField(
            "calibration",
            "organic_rate_of_click",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.FloatField(),
                help_text="What a click adds to that by delay bin: first on the lead's device, then on others.",
                size=None,
            ),
        ),
    ]
