"""Of a key that many leads share, only those that came after a touch are read."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models import Q

KEYS = ("click", "anonymous", "fingerprint", "ip", "email", "phone", "contact", "company")


class Migration(migrations.Migration):
    dependencies = [("attribution", "0004_recognised_by_region")]
    operations = [
        operation
        for key in KEYS
        for operation in (
            migrations.RemoveIndex("deal", f"deal_by_{key}"),
            migrations.AddIndex(
                "deal",
                models.Index(
                    fields=["workspace", f"{key}_hash", "created_at"],
                    condition=~Q(**{f"{key}_hash": None}),
                    name=f"deal_by_{key}",
                ),
            ),
        )
    ]
