from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from attribution.domain.paths.cents import to_cents
from attribution.domain.paths.journeys import Credit
from attribution.domain.paths.models import NAMES, compare
from attribution.selectors.channel_paths import LOOK_BACK, By, channel_paths
from stratum.core.models import Workspace
from stratum.core.money import to_major
from stratum.core.periods import Period
from stratum.core.tenancy import current_workspace_id

SEED = 7
"""Of the sampled Shapley value, so that the same paths give the same numbers."""


@dataclass(frozen=True)
class ChannelCredit:
    """What every model gives one channel, in the order of the comparison's models."""

    channel: str
    """Empty for what a model gives to nobody."""
    touches: int
    revenue: tuple[Decimal, ...]
    conversions: tuple[float, ...]


@dataclass(frozen=True)
class ModelComparison:
    """Every model on the same paths. Each model's revenue, the unattributed line included, sums to `revenue` to the cent."""

    models: dict[str, str]
    """Key → name."""
    channels: list[ChannelCredit]
    """Most revenue by the data-driven model first."""
    unattributed: ChannelCredit
    revenue: Decimal
    conversions: float
    deals: int
    deals_with_path: int
    paths_without_deal: int
    look_back_days: int
    shapley_error: Decimal
    """The largest standard error of the Shapley value; zero where it is exact."""


def model_comparison(period: Period, *, by: By = By.CHANNEL, now: datetime) -> ModelComparison:
    """Credit of leads in the period by channel or campaign, in every model."""
    found = channel_paths(period, by=by, now=now)
    journeys = found.journeys
    compared = compare(journeys, seed=SEED)
    currency = Workspace.objects.get(pk=current_workspace_id()).currency
    total = int(journeys.value.sum())
    credits = [compared.credits[name] for name in NAMES]
    money = [[to_major(cents, currency) for cents in _cents(credit, total)] for credit in credits]
    touches = [int((journeys.channel == code).sum()) for code in range(len(journeys.channels))]
    rows = [
        ChannelCredit(
            name,
            touches[code],
            tuple(of_model[code] for of_model in money),
            tuple(float(credit.conversions[code]) for credit in credits),
        )
        for code, name in enumerate(journeys.channels)
    ]
    data_driven = list(NAMES).index("hazard")
    error = compared.shapley.standard_error[:, 1]
    return ModelComparison(
        models=NAMES,
        channels=sorted(rows, key=lambda row: (-row.revenue[data_driven], row.channel)),
        unattributed=ChannelCredit(
            "",
            0,
            tuple(of_model[-1] for of_model in money),
            tuple(credit.unattributed_conversions for credit in credits),
        ),
        revenue=to_major(total, currency),
        conversions=float(journeys.conversions.sum()),
        deals=found.deals,
        deals_with_path=found.deals_with_path,
        paths_without_deal=len(journeys.length) - found.deals,
        look_back_days=LOOK_BACK.days,
        shapley_error=to_major(round(float(error.max())) if len(error) else 0, currency),
    )


def _cents(credit: Credit, total: int) -> list[int]:
    """Minor units by channel, the unattributed last."""
    return to_cents([*credit.value.tolist(), credit.unattributed_value], total)
