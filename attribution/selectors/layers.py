"""CRM revenue by how surely it is tied to ads, and the return on ad spend with and without the less certain layers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Exists, OuterRef, Q, Sum

from attribution.models import ExchangeRate, Layer, LedgerEntry, ModelledEntry
from attribution.selectors.roas import DATES, Basis, totals
from stratum.core.models import Workspace
from stratum.core.money import to_major
from stratum.core.periods import Period
from stratum.core.tenancy import current_workspace_id

PROBABLE = (Layer.FINGERPRINT, Layer.IP)
ON_ADS = (Layer.DETERMINISTIC, *PROBABLE, Layer.MODELLED)


@dataclass(frozen=True)
class LayerReturn:
    """Revenue of some layers together over all spend of the period. Money in major units of the workspace's currency."""

    layers: tuple[Layer, ...]
    revenue: Decimal
    roas: Decimal | None


@dataclass(frozen=True)
class Bridge:
    """CRM revenue of a period in parts that sum to `booked`, to the cent. Money in major units of the workspace's currency."""

    certain: Decimal
    probable: Decimal
    modelled: Decimal
    other_currencies: Decimal
    """Of ads whose account spends in another currency."""
    unattributed: Decimal
    without_ad: Decimal
    """Matched, and no ad is known for it."""

    @property
    def of_ads(self) -> Decimal:
        """What Overview calls revenue from ads."""
        return self.certain + self.probable + self.modelled

    @property
    def booked(self) -> Decimal:
        return self.of_ads + self.other_currencies + self.unattributed + self.without_ad


def bridge(period: Period, *, basis: Basis = Basis.ACCRUAL) -> Bridge:
    """From what is surely an ad's to all that the CRM booked."""
    currency = Workspace.objects.get(pk=current_workspace_id()).currency
    own = _sums(period, basis, None, Q(ad__account__currency=currency))
    layers, foreign = by_layer(period, basis=basis), in_other_currencies(period, basis=basis)
    certain, *probable, modelled = (to_major(int(own.get(layer, 0)), currency) for layer in ON_ADS)
    open_part = layers[Layer.UNATTRIBUTED]
    known = certain + sum(probable) + modelled + foreign + open_part
    return Bridge(certain, sum(probable), modelled, foreign, open_part, sum(layers.values()) - known)


def unattributed(period: Period, *, basis: Basis = Basis.ACCRUAL, as_of: datetime | None = None) -> Decimal:
    """Revenue that the CRM booked in the period and no ad is credited for, neither by a key nor in the aggregate."""
    return by_layer(period, basis=basis, as_of=as_of)[Layer.UNATTRIBUTED]


def in_other_currencies(period: Period, *, basis: Basis = Basis.ACCRUAL) -> Decimal:
    """Revenue of ads whose account counts in a currency without a rate: booked, and in no total, because their spend is in none."""
    workspace = Workspace.objects.get(pk=current_workspace_id())
    every = _sums(period, basis, None, Q(ad__isnull=False))
    counted = _sums(period, basis, None, Q(ad__isnull=False), workspace)
    return to_major(sum(every.values()) - sum(counted.values()), workspace.currency)


def by_layer(period: Period, *, basis: Basis = Basis.ACCRUAL, as_of: datetime | None = None) -> dict[Layer, Decimal]:
    """CRM revenue by how surely it is tied to ads, every layer present; together they are all that was booked."""
    workspace = Workspace.objects.get(pk=current_workspace_id())
    sums = _sums(period, basis, as_of, Q())
    modelled = sums.get(Layer.MODELLED, 0)
    sums[Layer.UNATTRIBUTED] = sums.get(Layer.UNATTRIBUTED, 0) - modelled
    return {layer: to_major(int(sums.get(layer, 0)), workspace.currency) for layer in Layer}


def returns_by_layer(period: Period, *, basis: Basis = Basis.ACCRUAL) -> list[LayerReturn]:
    """ROAS by certain matches alone, with each further layer, and by all but the probable ones: the last is what ads earn
    without fingerprints and IP addresses. Like every ROAS it leaves out ads whose account counts in a currency without a rate."""
    workspace = Workspace.objects.get(pk=current_workspace_id())
    sums = _sums(period, basis, None, Q(), workspace)
    spend = totals(period, basis=basis).spend
    found = []
    for layers in (*(ON_ADS[:end] for end in range(1, len(ON_ADS) + 1)), (Layer.DETERMINISTIC, Layer.MODELLED)):
        revenue = to_major(int(sum(sums.get(layer, 0) for layer in layers)), workspace.currency)
        found.append(LayerReturn(layers, revenue, revenue / spend if spend else None))
    return found


def _sums(
    period: Period, basis: Basis, as_of: datetime | None, only: Q, rated: Workspace | None = None
) -> dict[str, int]:
    """`rated`: only ads whose account counts in this workspace's currency, or in one with a rate on that day."""
    posted = Q(posted_at__lte=as_of) if as_of else Q()
    of_lines, of_rest = (_rated(rated, day) if rated else Q() for day in (DATES[basis], "day"))
    lines = LedgerEntry.objects.filter(only, posted, of_lines, **{f"{DATES[basis]}__range": (period.start, period.end)})
    rest = ModelledEntry.objects.filter(only, posted, of_rest, basis=str(basis), day__range=(period.start, period.end))
    sums = dict(lines.values_list("layer").annotate(sum=Sum("amount")).order_by())
    return {**sums, Layer.MODELLED.value: rest.aggregate(sum=Sum("amount"))["sum"] or 0}


def _rated(workspace: Workspace, day: str) -> Q:
    known = ExchangeRate.objects.filter(currency=OuterRef("ad__account__currency"), day__lte=OuterRef(day))
    return Q(ad__account__currency=workspace.currency) | Q(Exists(known), ad__isnull=False)
