"""The database itself refuses a ledger that does not add up. The SQL names tables and columns only, never a migration's state."""

from __future__ import annotations

from pathlib import Path

from django.db import migrations

FUNCTIONS = Path(__file__).parent.parent / "sql" / "ledger_adds_up.sql"
TRIGGERS = """
    CREATE TRIGGER ledger_adds_up AFTER INSERT ON attribution_ledgerentry REFERENCING NEW TABLE AS posted
        FOR EACH STATEMENT EXECUTE FUNCTION attribution_ledger_posted();
    CREATE CONSTRAINT TRIGGER ledger_stays_added_up AFTER UPDATE OR DELETE ON attribution_ledgerentry DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION attribution_ledger_touched();
"""
UNDO = """
    DROP TRIGGER IF EXISTS ledger_adds_up ON attribution_ledgerentry;
    DROP TRIGGER IF EXISTS ledger_stays_added_up ON attribution_ledgerentry;
    DROP TRIGGER IF EXISTS ledger_follows_value ON attribution_deal;
    DROP FUNCTION IF EXISTS attribution_ledger_posted();
    DROP FUNCTION IF EXISTS attribution_ledger_touched();
    DROP FUNCTION IF EXISTS attribution_refuse(record);
    DROP FUNCTION IF EXISTS attribution_unbalanced(bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("attribution", "0001_initial")]
    operations = [migrations.RunSQL([FUNCTIONS.read_text(encoding="utf-8"), TRIGGERS], UNDO)]
