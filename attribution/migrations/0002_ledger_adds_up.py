"""The database itself refuses a ledger that does not add up. The SQL names tables and columns only, never a migration's state."""

from __future__ import annotations

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent.parent / "sql" / "ledger_adds_up.sql"
UNDO = """
    DROP TRIGGER IF EXISTS ledger_adds_up ON attribution_ledgerentry;
    DROP TRIGGER IF EXISTS ledger_stays_added_up ON attribution_ledgerentry;
    DROP TRIGGER IF EXISTS ledger_follows_value ON attribution_deal;
    DROP FUNCTION IF EXISTS attribution_ledger_posted();
    DROP FUNCTION IF EXISTS attribution_ledger_touched();
    DROP FUNCTION IF EXISTS attribution_refuse_unbalanced(bigint[]);
"""


class Migration(migrations.Migration):
    dependencies = [("attribution", "0001_initial")]
    operations = [migrations.RunSQL(SQL.read_text(encoding="utf-8"), UNDO)]
