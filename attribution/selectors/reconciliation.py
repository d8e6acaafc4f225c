from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from attribution.models import CrmSync, Reconciliation
from stratum.core.models import Workspace
from stratum.core.money import to_major
from stratum.core.tenancy import current_workspace_id


@dataclass(frozen=True)
class Agreement:
    """How well what is booked agrees with the CRM, by each portal's last comparison. Money in major units."""

    at: datetime
    compared: int
    equal: int
    missing: int
    different: int
    gone: int
    repaired: int
    revenue: Decimal
    revenue_verified: Decimal
    currency: str

    @property
    def unrepaired(self) -> int:
        return self.missing + self.different + self.gone - self.repaired

    @property
    def share_verified(self) -> Decimal | None:
        """The part of the revenue that was checked deal by deal; None where nothing is booked."""
        return self.revenue_verified / self.revenue if self.revenue else None


def reconciliation() -> Agreement | None:
    """The last comparison of every portal, together; None before the first one."""
    runs = list(Reconciliation.objects.order_by("connection_id", "-at", "-id").distinct("connection_id"))
    if not runs:
        return None
    currency = Workspace.objects.get(pk=current_workspace_id()).currency
    counts = {
        name: sum(getattr(run, name) for run in runs)
        for name in ("compared", "equal", "missing", "different", "gone", "repaired")
    }
    money = {
        name: to_major(sum(getattr(run, name) for run in runs), currency) for name in ("revenue", "revenue_verified")
    }
    return Agreement(at=min(run.at for run in runs), currency=currency, **counts, **money)


def crm_troubles() -> list[str]:
    """Why a portal could not be compared when it was last tried, a sentence for each that could not."""
    return list(CrmSync.objects.exclude(last_error="").order_by("id").values_list("last_error", flat=True))
