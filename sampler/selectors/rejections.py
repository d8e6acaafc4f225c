from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sampler.domain import states
from sampler.domain.curve_reasons import curve_of
from sampler.domain.rejected_moves import HOLDS_DAYS, RejectedMove
from sampler.models import Change
from sampler.selectors.budgets import BudgetHolder
from stratum.core.models import AdAccount


def rejected_moves(account: AdAccount, holders: Sequence[BudgetHolder], now: datetime) -> dict[int, RejectedMove]:
    """By holder's key, the last move of it that a person rejected within the last seven days."""
    recent = Change.objects.filter(
        account=account, status=states.REJECTED, undo_of=None, decided_at__gt=now - timedelta(days=HOLDS_DAYS)
    ).exclude(decided_by="")
    rows = recent.order_by("decided_at", "id").values_list(
        "target_kind", "ad_set_id", "campaign_id", "before", "after", "curve"
    )
    last = {
        (kind, ad_set or campaign): RejectedMove(raised=after > before, curve=curve_of(curve))
        for kind, ad_set, campaign, before, after, curve in rows
    }
    return {holder.key: last[holder.target] for holder in holders if holder.target in last}
