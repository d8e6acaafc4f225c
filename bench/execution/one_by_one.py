"""The client that Stratum is compared with: a budget is read, compared, written, and read back where nobody knows, a call each.

It is spared what Stratum asks for beyond that: it lists no account, so it counts nobody else's budgets into the cap.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings

from bench.execution.plans import decide
from sampler.actions.claim_changes import give_back
from sampler.actions.move_change import move_change
from sampler.actions.send_changes import someone_else
from sampler.actions.settle_change import settle_applied, settle_failed, settle_unknown
from sampler.domain import states
from sampler.models import Change
from stratum.core.models import AdAccount
from stratum.platforms.http import NoAnswer, Refused, TryLater
from stratum.platforms.meta_errors import Stop
from stratum.platforms.meta_graph import Graph
from stratum.platforms.meta_money import from_meta, to_meta

MOST_TRIES = 60
HOURLY_LOCK = "1487632"


def carry_out_one_by_one(accounts: Sequence[AdAccount], *, now: datetime) -> None:
    """As `plans.carry_out`; what the platform asks to wait for has passed by at once."""
    for account in accounts:
        decide(account, now=now)
        approved = Change.objects.filter(account=account, status=states.APPROVED).select_related("account", "plan")
        for change in sorted(approved, key=lambda one: one.after - one.before):
            _carry_out(change, now)


def _carry_out(change: Change, now: datetime) -> None:
    for _ in range(MOST_TRIES):
        move_change(change, states.SENDING, actor="one by one", attempt=change.attempt + 1, sent_at=now)
        standing = _read(change)
        if standing != change.before:
            return settle_failed(change, outcome=someone_else(change, standing), found=standing)
        if _written(change, now):
            return None
    raise AssertionError("a platform that never answers")


def _written(change: Change, now: datetime) -> bool:
    """False: the platform asked to wait, so it is read and written again."""
    try:
        _graph(change).post(change.target.external_id, daily_budget=to_meta(change.after, change.currency))
        settle_applied(change, now=now, outcome="Applied.")
    except NoAnswer as problem:
        settle_unknown(change, outcome=str(problem))
        standing = _read(change)
        if standing == change.after:
            settle_applied(change, now=now, outcome="Read back.")
        else:
            settle_failed(change, outcome="Read back.", found=standing)
    except (TryLater, Stop) as problem:
        if HOURLY_LOCK not in str(problem):
            give_back([change], reason=str(problem))
            return False
        settle_failed(change, outcome=str(problem))
    except (Refused, ValueError) as problem:
        settle_failed(change, outcome=str(problem))
    return True


def _read(change: Change) -> int:
    for _ in range(MOST_TRIES):
        try:
            row = _graph(change).get(change.target.external_id, fields="daily_budget")
            return from_meta(row["daily_budget"], change.currency)
        except (NoAnswer, TryLater, Refused):
            continue
    raise AssertionError("a platform that never answers")


def _graph(change: Change) -> Graph:
    """A new one for each call: in a benchmark no time goes by in which to wait."""
    return Graph(change.account.access_token, settings.META_GRAPH_URL)
