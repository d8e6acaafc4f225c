"""Whether a posting adds up is looked up deal by deal, which stays quick while the planner thinks the ledger empty."""

from __future__ import annotations

from pathlib import Path

from django.db import migrations

FUNCTIONS = Path(__file__).parent.parent / "sql" / "ledger_adds_up.sql"


class Migration(migrations.Migration):
    dependencies = [("attribution", "0005_leads_after_a_touch")]
    operations = [
        migrations.RunSQL(
            [FUNCTIONS.read_text(encoding="utf-8"), "DROP FUNCTION IF EXISTS attribution_refuse_unbalanced(bigint[])"],
            migrations.RunSQL.noop,
        )
    ]
