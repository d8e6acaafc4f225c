"""Accounts of one token are worked on at the same time, so that their calls can share requests."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.conf import settings
from django.db import connection

from stratum.core.models import AdAccount
from stratum.core.tenancy import in_workspace
from stratum.platforms.http import Calling, Connection
from stratum.platforms.meta_shared import SharedCalls

MOST_ACCOUNTS = 10
"""Each takes a thread, and a connection to the database."""
Done = TypeVar("Done")


def sharing_calls(accounts: Iterable[AdAccount]) -> list[list[AdAccount]]:
    """The accounts, those together whose calls may share requests: of one workspace and one of Meta's tokens. Others are alone."""
    groups: dict[Hashable, list[AdAccount]] = {}
    for account in accounts:
        shares = account.platform == AdAccount.Platform.META and account.access_token
        groups.setdefault((account.workspace_id, shares) if shares else account.pk, []).append(account)
    return [
        group[start : start + MOST_ACCOUNTS]
        for group in groups.values()
        for start in range(0, len(group), MOST_ACCOUNTS)
    ]


def side_by_side(accounts: Sequence[AdAccount], work: Callable[[AdAccount, Calling | None], Done]) -> list[Done]:
    """What `work` made of each of the accounts, which share calls; an account that is alone is worked on here and now.

    One that fails stops none of the others. Then their failures are raised, as one ExceptionGroup.
    """
    if len(accounts) == 1:
        return [work(accounts[0], None)]
    shared = SharedCalls(Connection(settings.META_GRAPH_URL, accounts[0].access_token), seats=len(accounts))

    def one(account: AdAccount) -> Done:
        try:
            with shared.seat() as seat, in_workspace(account.workspace_id):
                return work(account, seat)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(accounts)) as pool:
        working = [pool.submit(one, account) for account in accounts]
    failed = [problem for done in working if (problem := done.exception())]
    if failed:
        raise BaseExceptionGroup("accounts that could not be worked on", failed)
    return [done.result() for done in working]
