"""A contact may have come by a click of each platform: both click ids are kept, and a deal is matched by both."""

from __future__ import annotations

from django.db import migrations, models

import stratum.core.crypto


class Migration(migrations.Migration):
    dependencies = [("attribution", "0007_interest_by_delay")]

    operations = [
        migrations.AddField(
            model_name="contact",
            name="other_click_id",
            field=stratum.core.crypto.EncryptedText(
                blank=True, help_text="The newest click id of another platform than the first one's."
            ),
        ),
        migrations.AddField("contact", "other_click_id_kind", models.CharField(blank=True, max_length=10)),
        migrations.AddField("contact", "other_click_id_seen_at", models.DateTimeField(null=True)),
        migrations.AddField("deal", "other_click_hash", models.BigIntegerField(null=True)),
        migrations.AddIndex(
            model_name="deal",
            index=models.Index(
                condition=models.Q(("other_click_hash", None), _negated=True),
                fields=["workspace", "other_click_hash", "created_at"],
                name="deal_by_other_click",
            ),
        ),
    ]
