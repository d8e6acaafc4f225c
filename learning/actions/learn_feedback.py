from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from learning.loops.actuals import HISTORY_DAYS
from learning.loops.thompson_update import thompson_update
from sampler.domain.cards import BeliefCard
from sampler.selectors import belief_cards, planning_day
from stratum.core import audit
from stratum.core.models import Ad, AdDay, Workspace
from stratum.core.periods import Period, local_day

FIGURES = ("spend", "impressions", "clicks", "conversions", "conversion_value")


class NoSuchAd(Exception):
    """The workspace knows no ad by this id."""


class AmbiguousAd(Exception):
    """Several accounts have an ad by this id."""


class DayToCome(Exception):
    """The day has not begun where the ad runs."""


@dataclass(frozen=True)
class LearntFeedback:
    before: BeliefCard | None
    after: BeliefCard | None
    sentence: str


def learn_feedback(workspace: Workspace, outcome: dict[str, Any], *, now: datetime) -> LearntFeedback:
    """Stores what an ad did on a day (`ad_id`, `account_id` where several accounts have it, `date` and any of FIGURES; what is None
    stays as it was) and believes it.

    Telling the same again changes nothing. A connected platform restates its days, and then its word stands. `after` is None where the
    ad has no day that is recent enough to believe anything of. NoSuchAd, AmbiguousAd, DayToCome.
    """
    ad = _ad(outcome["ad_id"], outcome["account_id"])
    today = local_day(now, ad.account.timezone)
    if outcome["date"] > today:
        raise DayToCome(f"{outcome['date']} has not begun yet: it is {today} in {ad.account.timezone}.")
    with transaction.atomic():
        before = _belief(ad)
        told = {name: outcome[name] for name in FIGURES if outcome[name] is not None}
        blank = {"spend": 0, "impressions": 0, "clicks": 0}
        AdDay.objects.update_or_create(
            workspace_id=ad.workspace_id,
            ad=ad,
            day=outcome["date"],
            defaults={**told, "reported_at": now},
            create_defaults={**blank, **told, "reported_at": now},
        )
        audit.record(
            "outcome told", ad, actor="API", day=outcome["date"].isoformat(), **{k: str(v) for k, v in told.items()}
        )
        until = max(planning_day(ad.account, now) or outcome["date"], outcome["date"])
        thompson_update(ad.account, until=until, now=now)
        after = _belief(ad)
    learnt_from = Period.last(HISTORY_DAYS, end=until)
    return LearntFeedback(before, after, _sentence(workspace, told, outcome["date"], learnt_from))


def _ad(external_id: str, account_id: int | None) -> Ad:
    ads = Ad.objects.select_related("account", "account__workspace").filter(external_id=external_id).order_by("id")
    found = list(ads if account_id is None else ads.filter(account_id=account_id))
    if not found:
        where = "" if account_id is None else f" in account {account_id}"
        raise NoSuchAd(f"There is no ad {external_id}{where}: send its days to /api/ad-days first.")
    if len(found) > 1:
        accounts = ", ".join(f"{ad.account_id} ({ad.account.name})" for ad in found)
        raise AmbiguousAd(f"Several accounts have an ad {external_id}, name the one that is meant: {accounts}.")
    return found[0]


def _belief(ad: Ad) -> BeliefCard | None:
    return next((card for card in belief_cards(ad.account) if card.ad_id == ad.pk), None)


def _sentence(workspace: Workspace, told: dict[str, Any], day: date, learnt_from: Period) -> str:
    if day < learnt_from.start:
        return (
            f"It is kept and counts in what the day is shown with. Beliefs are learnt from {learnt_from.start} to {learnt_from.end}, "
            "so that this day changes none."
        )
    from_crm = workspace.revenue_source == Workspace.RevenueSource.CRM
    if from_crm and ("conversion_value" in told or "conversions" in told):
        return (
            "Clicks and spend count at once. Revenue of this workspace comes from CRM deals: send those to /api/deals."
        )
    return "It counts at once in the ad's belief, and in the budgets' curves from the next turn of the loop."
