"""The visitor's country beside the keys that it may forbid, so that the matcher need not visit the table for it."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models import Q

CARRIED = {
    "fingerprint": ("id", "ad", "anonymous_hash", "ip_hash", "consent", "region"),
    "ip": ("id", "ad", "anonymous_hash", "fingerprint_hash", "consent", "region"),
}


class Migration(migrations.Migration):
    dependencies = [("attribution", "0003_room_for_revisions")]
    operations = [
        operation
        for key, carried in CARRIED.items()
        for operation in (
            migrations.RemoveIndex("touchpoint", f"touchpoint_by_{key}"),
            migrations.AddIndex(
                "touchpoint",
                models.Index(
                    fields=["workspace", f"{key}_hash", "-occurred_at"],
                    include=carried,
                    condition=~Q(**{f"{key}_hash": None}),
                    name=f"touchpoint_by_{key}",
                ),
            ),
        )
    ]
