"""Which clicks a deal is credited to: deterministic first, then fingerprint, IP, and a small modelled remainder.

The confidence of a layer is the share of its claims that were right about the ad on journeys with known truth, rounded
down; what a layer does not earn stays on the unattributed line. Later evidence replaces the table, not the arithmetic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

DETERMINISTIC, FINGERPRINT, IP, MODELLED, UNATTRIBUTED = (
    "deterministic",
    "fingerprint",
    "ip",
    "modelled",
    "unattributed",
)
CREDIT_STEP = Decimal("0.00000001")


@dataclass(frozen=True)
class Layer:
    name: str
    window: timedelta
    confidence: float


LAYERS = (
    Layer(DETERMINISTIC, timedelta(days=45), 0.88),
    Layer(FINGERPRINT, timedelta(days=30), 0.47),
    Layer(IP, timedelta(days=7), 0.15),
    Layer(MODELLED, timedelta(days=30), 0.02),
)
HALF_LIFE = timedelta(days=7)
SMALLEST_CREDIT = 0.0005


@dataclass(frozen=True)
class Candidate:
    """A click that may have led to the deal. `weight` > 1 stands for several clicks of one ad taken together."""

    layer: str
    ad_id: int
    occurred_at: datetime
    touchpoint_id: int | None = None
    weight: float = 1.0


@dataclass(frozen=True)
class Credit:
    layer: str
    ad_id: int | None
    touchpoint_id: int | None
    occurred_at: datetime | None
    confidence: float
    share: Decimal


def time_decay(age: timedelta) -> float:
    """1 at once, one half after `HALF_LIFE`, and so on."""
    return 0.5 ** (age / HALF_LIFE)


def match(lead_at: datetime, candidates: Sequence[Candidate]) -> list[Credit]:
    """Credits of one deal: shares sum to exactly one, the unattributed line comes last and is always there.

    The first layer with a click inside its window decides alone. Inside a layer clicks share by time decay.
    """
    for layer in LAYERS:
        eligible = [
            c for c in candidates if c.layer == layer.name and timedelta(0) <= lead_at - c.occurred_at <= layer.window
        ]
        if eligible:
            return _share(lead_at, layer, eligible)
    return [_unattributed(Decimal(1))]


def _share(lead_at: datetime, layer: Layer, eligible: list[Candidate]) -> list[Credit]:
    eligible = sorted(eligible, key=lambda c: (c.occurred_at, c.touchpoint_id or 0, c.ad_id), reverse=True)
    weights = [c.weight * time_decay(lead_at - c.occurred_at) for c in eligible]
    total = sum(weights)
    credits = []
    for candidate, weight in zip(eligible, weights, strict=True):
        share = layer.confidence * weight / total
        if share >= SMALLEST_CREDIT:
            rounded = Decimal(share).quantize(CREDIT_STEP)
            credits.append(
                Credit(
                    layer.name,
                    candidate.ad_id,
                    candidate.touchpoint_id,
                    candidate.occurred_at,
                    layer.confidence,
                    rounded,
                )
            )
    return [*credits, _unattributed(Decimal(1) - sum((c.share for c in credits), Decimal(0)))]


def _unattributed(share: Decimal) -> Credit:
    return Credit(UNATTRIBUTED, None, None, None, 1.0, share)
