"""A deal's revision and value change often and are in no index: with room on its page such a change touches no index."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("attribution", "0002_ledger_adds_up")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE attribution_deal SET (fillfactor = 75)", "ALTER TABLE attribution_deal RESET (fillfactor)"
        )
    ]
