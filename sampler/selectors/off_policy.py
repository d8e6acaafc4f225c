"""What another temperature would have returned, from the draws that plans were made with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from attribution.selectors import ad_day_outcomes, last_day
from sampler.domain.draw_weights import WIDEST, log_weight, told_ratios
from sampler.domain.logged_decisions import LoggedDecisions
from sampler.domain.off_policy import Estimate, estimates_of
from sampler.domain.off_policy_verdict import FEWEST_EFFECTIVE, Verdict, verdict_on
from sampler.models import AccountLimits, Plan
from stratum.core.models import AdAccount
from stratum.core.periods import Period, local_day

BY_OTHER_MEANS = (
    "which budgets it would have set was not drawn by chance, so that no logged plan says how they would have done"
)
MOST_LOG = 500.0


@dataclass(frozen=True)
class PolicyEstimate:
    """Revenue an account and day, in the workspace's currency, of its planned budgets."""

    temperature: float
    plans: int
    draws: int
    silent: int
    """Plans that drew nothing, or that do not say at which temperature: they stay out."""
    earned: Estimate
    other: Estimate
    verdict: Verdict
    told: tuple[float, float] | None
    """The least and the highest temperature that so many days and draws can tell of, as parts of the one that was drawn at."""


class NothingLogged(Exception):
    """No plan with draws whose day is over and told of."""


class CannotEvaluate(Exception):
    """A policy that logged draws cannot tell of, with the reason."""


@dataclass(frozen=True)
class PlannedDay:
    """One account's day: all draws of all its plans decide together."""

    account: int
    day: date
    ads: frozenset[int]
    log_weight: float
    plans: int
    draws: int


def evaluate_temperature(temperature: float, *, now: datetime) -> PolicyEstimate:
    """The revenue of planned days, had that day's draws been made at another temperature and everything before been as it was.

    A day of an account is one decision: all budgets share its total, so that each one's draw moves the others, and its weight is the
    product over all draws of the day. Plans count whether or not they were carried out, since people's review is a part of the policy.
    What today's draws teach or allow tomorrow is not in it. Imported accounts stay out: their plans are never carried out.

    CannotEvaluate for a temperature that is not above zero or so high that weights have no variance; NothingLogged.
    """
    if not 0 < temperature < np.inf:
        raise CannotEvaluate(f"temperature {temperature} draws nothing, so that {BY_OTHER_MEANS}")
    told = last_day() or date.min
    plans = [plan for plan in _plans() if plan.day <= told and plan.day < local_day(now, plan.account.timezone)]
    drawn = [plan for plan in plans if _is_drawn(plan)]
    if not drawn:
        raise NothingLogged("there is no plan yet that was drawn at a known temperature and whose day is over")
    days = _days(drawn, temperature)
    revenue = _revenue(days)
    weight = np.exp(np.minimum([day.log_weight for day in days], MOST_LOG))
    log = LoggedDecisions([revenue[day] for day in days], np.ones(len(days)), weight)
    as_it_was = LoggedDecisions(log.reward, log.logged, log.logged)
    return PolicyEstimate(
        temperature=temperature,
        plans=len(drawn),
        draws=sum(day.draws for day in days),
        silent=len(plans) - len(drawn),
        earned=estimates_of(as_it_was)[0],
        other=next(found for found in estimates_of(log) if found.name == "self-normalised"),
        verdict=verdict_on(log),
        told=told_ratios([day.draws for day in days], FEWEST_EFFECTIVE),
    )


def _plans() -> Iterable[Plan]:
    live = Plan.objects.filter(policy=AccountLimits.Policy.PORTFOLIO).exclude(
        account__platform=AdAccount.Platform.IMPORT
    )
    return live.select_related("account").only("account", "day", "inputs", "account__timezone").order_by("day", "id")


def _is_drawn(plan: Plan) -> bool:
    return all(holder.get("temperature", 0) > 0 and holder["spread"] > 0 for holder in plan.inputs["holders"])


def _days(plans: Iterable[Plan], temperature: float) -> list[PlannedDay]:
    found: defaultdict[tuple[int, date], list[Plan]] = defaultdict(list)
    for plan in plans:
        found[plan.account_id, plan.day].append(plan)
    days = []
    for (account, day), same in found.items():
        holders = [holder for plan in same for holder in plan.inputs["holders"]]
        ads = frozenset(ad for holder in holders for ad in holder["ad_ids"])
        days.append(PlannedDay(account, day, ads, _log_weight(holders, temperature), len(same), len(holders)))
    return days


def _log_weight(holders: list[Mapping[str, float]], temperature: float) -> float:
    by_ratio: defaultdict[float, list[Mapping[str, float]]] = defaultdict(list)
    for holder in holders:
        by_ratio[temperature / holder["temperature"]].append(holder)
    if max(by_ratio) >= WIDEST:
        raise CannotEvaluate(
            f"temperature {temperature} is {max(by_ratio):.2f} times the one that plans were drawn at; from {WIDEST:.2f} times on a few "
            "far draws would decide everything (their weights have no finite variance)"
        )
    return sum(
        log_weight([holder["draw"] for holder in same], [holder["spread"] for holder in same], ratio)
        for ratio, same in by_ratio.items()
    )


def _revenue(days: Iterable[PlannedDay]) -> dict[PlannedDay, float]:
    """What each day's planned ads brought, on the day of the click."""
    days = list(days)
    first, last = min(day.day for day in days), max(day.day for day in days)
    outcomes = ad_day_outcomes(Period(first, last))
    earned: defaultdict[tuple[int, int], float] = defaultdict(float)
    for ad, on, revenue in zip(outcomes.ad_id.tolist(), outcomes.day.tolist(), outcomes.revenue.tolist(), strict=True):
        earned[ad, on] += revenue
    return {day: sum(earned[ad, day.day.toordinal()] for ad in day.ads) for day in days}
