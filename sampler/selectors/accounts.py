from __future__ import annotations

from django.db import connection

from stratum.core.models import AdAccount, Workspace
from stratum.core.prepared import plain_columns, prepared_row

COLUMNS = plain_columns(AdAccount)
ACCOUNT = f"""
    SELECT {", ".join(COLUMNS)} FROM core_adaccount
    WHERE workspace_id = %(workspace)s AND (%(account)s::bigint IS NULL OR id = %(account)s) ORDER BY id LIMIT 1
"""  # noqa: S608 - column names of our own


def account_in(workspace: Workspace, account_id: int | None) -> AdAccount | None:
    """The workspace's account with this number, or its first one."""
    row = prepared_row(ACCOUNT, {"workspace": workspace.pk, "account": account_id})
    if row is None:
        return None
    account = AdAccount.from_db(connection.alias, COLUMNS, row)
    account.workspace = workspace
    return account
