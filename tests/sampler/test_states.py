"""In which states money flows: the cap, the pace and the emergency stop count each that may spend, and an unknown one too."""

from __future__ import annotations

import pytest

from sampler.actions.keep_stopped import want_pauses
from sampler.models import SpendStop
from sampler.selectors.budgets import budget_holders, fixed_budgets
from stratum.core.clock import now
from stratum.core.models import AdAccount, AdSet, Campaign
from stratum.platforms.delivery import META, Delivery, delivery_of, google_status

SPENDS, MAY, CANNOT = Delivery.SPENDS, Delivery.MAY_SPEND, Delivery.CANNOT
TABLE = [*META.items(), ("PENDING", MAY), ("SUSPENDED", MAY), ("NOT_SERVING", MAY), ("ENDED", CANNOT), ("UNHEARD_OF", SPENDS)]  # fmt: skip
PAIRS = [
    (("ENABLED", "SERVING"), SPENDS),
    (("ENABLED", "NONE"), MAY),
    (("ENABLED", "PENDING"), MAY),
    (("ENABLED", "SUSPENDED"), MAY),
    (("ENABLED", "ENDED"), CANNOT),
    (("ENABLED", "UNKNOWN"), SPENDS),
    (("ENABLED", None), SPENDS),
    (("PAUSED", "SERVING"), CANNOT),
    (("REMOVED", "NONE"), CANNOT),
    (("UNKNOWN", "SERVING"), SPENDS),
    (("", None), SPENDS),
]


@pytest.mark.parametrize(("pair", "delivery"), PAIRS)
def test_googles_pairs_of_statuses(pair, delivery):
    assert delivery_of(google_status(*pair)) is delivery


@pytest.mark.parametrize("level", ["campaign", "ad_set", "above"])
@pytest.mark.parametrize(("status", "delivery"), TABLE)
def test_what_may_spend_is_counted_and_stopped(workspace, status, delivery, level):
    account = AdAccount.objects.create(
        workspace=workspace, platform="meta", external_id="1", name="A", currency="USD", timezone="UTC"
    )
    own = {"daily_budget": 5_000}
    campaign = Campaign.objects.create(
        workspace=workspace, account=account, external_id="c", name="C",
        status="ACTIVE" if level == "ad_set" else status, **(own if level == "campaign" else {}),
    )  # fmt: skip
    if level != "campaign":
        AdSet.objects.create(
            workspace=workspace, account=account, campaign=campaign, external_id="s", name="S",
            status=status if level == "ad_set" else "ACTIVE", **own,
        )  # fmt: skip
    holders, fixed = budget_holders(account, day=now().date()), fixed_budgets(account)
    assert sum(holder.budget for holder in holders) == (5_000 if delivery is SPENDS else 0), "what a plan moves"
    assert fixed.total == (5_000 if delivery is MAY else 0), "what the cap and the pace count besides"
    stop = SpendStop.objects.create(workspace=workspace, account=account, rule="day", spent=1, expected=1, at=now())
    assert len(want_pauses(stop, account, now=now())) == (0 if delivery is CANNOT else 1)
