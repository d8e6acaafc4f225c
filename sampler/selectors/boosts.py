from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sampler.domain.boosts import CROSS_LEARNER, PREDICTION, SIMILAR_WINNER, Boost
from sampler.models import AccountLimits, AdBoost

SWITCHES = {
    CROSS_LEARNER: "use_cross_learner",
    SIMILAR_WINNER: "use_similar_winners",
    PREDICTION: "use_predictions",
}


def boosts_of(rules: AccountLimits, ad_ids: Iterable[int]) -> dict[int, list[Boost]]:
    """Boosts by ad, of the kinds that the account lets count."""
    kinds = [kind for kind, switch in SWITCHES.items() if getattr(rules, switch)]
    rows = AdBoost.objects.filter(ad_id__in=list(ad_ids), kind__in=kinds).order_by("ad_id", "kind")
    found: defaultdict[int, list[Boost]] = defaultdict(list)
    for row in rows:
        found[row.ad_id].append(Boost(row.ad_id, row.kind, row.factor, row.sentence, row.accounts, row.roas))
    return dict(found)
