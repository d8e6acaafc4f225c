"""How revenue was matched to ads: what was learnt about it, how well that held, and what the rest is anchored to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from attribution.models import Calibration, MatchingSettings, ModelledRun
from stratum.core.models import Workspace
from stratum.core.money import to_major
from stratum.core.tenancy import current_workspace_id


@dataclass(frozen=True)
class ReliabilityBin:
    """Pairs of which a chance between `said_from` and `said_to` was said: what was said on average, and what it was."""

    said_from: float
    said_to: float
    said: float
    was: float
    pairs: int


@dataclass(frozen=True)
class LearntMatching:
    """The newest version of what is known about matching."""

    version: int
    learnt_at: datetime
    since: datetime | None
    until: datetime | None
    pairs: int
    deals: int
    reliability: tuple[ReliabilityBin, ...]
    """Tests whose click it was. What brought the lead only an experiment can test: `cause_test`."""
    ad_driven_share: float | None = None
    """Of leads with a key, the share that known people's clicks were learnt to have brought."""

    @property
    def is_learnt(self) -> bool:
        """Otherwise it is the starting table, measured elsewhere."""
        return self.deals > 0

    @property
    def mean_error(self) -> float | None:
        """How far what was said lay from what it was, on average over pairs."""
        pairs = sum(one.pairs for one in self.reliability)
        return sum(one.pairs * abs(one.said - one.was) for one in self.reliability) / pairs if pairs else None


@dataclass(frozen=True)
class CauseTest:
    """What brought leads: the share that an experiment measured, and the share that clicks were learnt to have brought."""

    measured: float
    source: str
    explained: float

    @property
    def holds(self) -> bool:
        """Clicks explain no more than ads brought. Otherwise what they explain was lowered to it."""
        return self.explained <= self.measured


@dataclass(frozen=True)
class ModelledRest:
    """The last spreading of what left no key. `amount` in major units of the workspace's currency."""

    made_at: datetime
    calibration: int
    ad_driven_share: float
    anchored: bool
    source: str
    leads: int
    explained: float
    amount: Decimal

    @property
    def explained_share(self) -> float | None:
        return self.explained / self.leads if self.leads else None


@dataclass(frozen=True)
class MatchingRules:
    """What matching may do, and the anchor that the next spreading takes."""

    use_fingerprint: bool
    use_ip: bool
    use_company: bool
    probable_needs_ads_consent: bool
    regions_without_probable: tuple[str, ...]
    ad_driven_share: float | None
    ad_driven_share_source: str


def learnt_matching() -> LearntMatching | None:
    """None before the first deal was matched."""
    newest = Calibration.objects.order_by("-version").first()
    if newest is None:
        return None
    bins = tuple(
        ReliabilityBin(one["said_from"], one["said_to"], one["said"], one["was"], one["pairs"])
        for one in newest.reliability
    )
    return LearntMatching(
        newest.version,
        newest.learnt_at,
        newest.since,
        newest.until,
        newest.pairs,
        newest.deals,
        bins,
        newest.ad_driven_share,
    )


def cause_test(learnt: LearntMatching | None, rules: MatchingRules) -> CauseTest | None:
    """None without an experiment, or before anything was learnt."""
    if learnt is None or learnt.ad_driven_share is None or rules.ad_driven_share is None:
        return None
    return CauseTest(rules.ad_driven_share, rules.ad_driven_share_source, learnt.ad_driven_share)


def modelled_rest() -> ModelledRest | None:
    """None before anything was spread."""
    run = ModelledRun.objects.order_by("-run").first()
    if run is None:
        return None
    amount = to_major(run.amount, Workspace.objects.get(pk=current_workspace_id()).currency)
    told = {name: getattr(run, name) for name in ModelledRest.__dataclass_fields__ if name != "amount"}
    return ModelledRest(**told, amount=amount)


def matching_rules() -> MatchingRules:
    """As they are set, or as they are where nobody set them."""
    settings = MatchingSettings.objects.first() or MatchingSettings()
    told = {name: getattr(settings, name) for name in MatchingRules.__dataclass_fields__}
    return MatchingRules(**{**told, "regions_without_probable": tuple(settings.regions_without_probable)})
