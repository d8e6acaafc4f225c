"""A period against the one before it, matured with matured: young clicks are still to earn, which is no fall."""

from __future__ import annotations

from decimal import Decimal

from attribution.selectors import Basis, matured_times, maturity, trend
from dashboard.query import Query
from stratum.core.clock import now
from stratum.core.models import Workspace


def ripening(query: Query, workspace: Workspace) -> Decimal | None:
    """By how much revenue of the period still grows, over how much that of the period before does; a change is multiplied by it.

    1 where revenue does not ripen: that of platforms, and of deals by their own day. None where nobody knows, so that nothing is compared.
    """
    previous = query.before()
    if previous is None or query.basis is Basis.CASH or workspace.revenue_source == Workspace.RevenueSource.PLATFORM:
        return Decimal(1)
    curve = maturity(now=now())
    grows = [matured_times(trend(period, account=query.account), curve) for period in (query.period, previous)]
    return grows[0] / grows[1] if grows[0] and grows[1] else None
