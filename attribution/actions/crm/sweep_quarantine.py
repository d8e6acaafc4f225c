from __future__ import annotations

from datetime import timedelta

from attribution.models import QuarantinedDelivery
from stratum.core.clock import real_now

KEEP = timedelta(days=7)


def sweep_quarantine() -> int:
    """Deletes what nobody released in a week, and makes room for new arrivals. Returns how many rows went."""
    gone, _ = QuarantinedDelivery.objects.filter(received_at__lt=real_now() - KEEP).delete()
    return gone
