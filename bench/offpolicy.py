"""Off-policy estimates against what really happened: one policy's clicks from the other's log, on the Open Bandit Dataset."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.data_folder import DataMissing
from bench.open_bandit import (  # fmt: skip
    BTS,
    CAMPAIGNS,
    RANDOM,
    Impressions,
    campaigns_of,
    impressions,
    obd_folder,
    prior_shares,
    shown_shares,
)
from bench.table import print_table
from sampler.domain.cell_means import cell_means
from sampler.domain.logged_decisions import LoggedDecisions
from sampler.domain.off_policy import Estimate, estimates_of
from sampler.domain.off_policy_verdict import Verdict, smallest_difference, verdict_on

THOUSAND = 1_000


@dataclass(frozen=True)
class Case:
    """A policy estimated from another's log, beside what it earned itself."""

    campaign: str
    asked: str
    own: Estimate
    estimates: tuple[Estimate, ...]
    verdict: Verdict
    would_show: float


def run() -> None:
    try:
        folder = obd_folder()
        campaigns = campaigns_of(folder)
    except DataMissing as missing:
        print(f"Not run: {missing}\n")
        return
    if absent := [name for name in CAMPAIGNS if name not in campaigns]:
        print(f"Not in {folder}, so not estimated: {', '.join(absent)}.\n")
    forward, started, back = [], [], []
    for name in campaigns:
        by_chance, thompson = (impressions(folder, policy, name) for policy in (RANDOM, BTS))
        items = int(max(by_chance.item.max(), thompson.item.max())) + 1
        shares = shown_shares(thompson, items)
        forward.append(_case(name, "as it was shown", by_chance, shares, thompson))
        if (prior := prior_shares(folder, name, len(shares))) is not None:
            started.append(_case(name, "as it started", by_chance, prior, thompson))
        back.append(_case(name, "by chance", thompson, np.full((len(shares), items), 1 / items), by_chance))
    print(
        f"Clicks per {THOUSAND:,} impressions with 95 % intervals (asymptotic; * where one does not hold what the policy earned itself).\n"
        "Thompson sampling from the log of random choice. As it was shown: by how often it showed each item in each position.\n"
        "As it started: by the shop's prior, as the data set's own package evaluates it; production had learnt beyond it by then.\n"
        "Where the direct method says what the log's own policy earned, items differed by no more than chance: it knows nothing.\n"
    )
    _print(forward + started)
    print("Random choice from the log of Thompson sampling, whose propensities go down to 1 in 100,000:\n")
    _print(back)
    _print_verdicts(forward + started + back)
    _sum_up(forward + started + back)


def _case(campaign: str, asked: str, log: Impressions, shares: np.ndarray, own: Impressions) -> Case:
    model = cell_means(log.position, log.item, log.click, shares)
    told = LoggedDecisions(
        log.click,
        log.propensity,
        shares[log.position, log.item],
        model.predicted,
        model.expected,
        model.model_variance,
    )
    alone = np.ones(len(own.click))
    earned = estimates_of(LoggedDecisions(own.click, alone, alone))[0]
    return Case(campaign, asked, earned, estimates_of(told), verdict_on(told), smallest_difference(told))


def _print(cases: list[Case]) -> None:
    names = [estimate.name for estimate in cases[0].estimates]
    rows = [
        (f"{case.campaign}, {case.asked}", _cell(case.own), *(_cell(found, case.own.value) for found in case.estimates))
        for case in cases
    ]
    print_table(("campaign, policy", "earned itself", *names), rows)


def _cell(found: Estimate, true: float | None = None) -> str:
    value, low, high = (THOUSAND * number for number in (found.value, found.low, found.high))
    missed = "*" if true is not None and not found.holds(true) else ""
    return f"{value:.2f} [{low:.1f}, {high:.1f}]{missed}"


def _print_verdicts(cases: list[Case]) -> None:
    rows = []
    for case in cases:
        support = case.verdict.support
        rows.append(
            (
                f"{case.campaign}, {case.asked}",
                f"{support.decisions:,}",
                f"{support.effective:,.0f}",
                f"{support.events:.0f}",
                f"{support.heaviest:.1%}",
                f"{support.mean_weight:.2f}",
                _cell(case.verdict.difference),
                f"{THOUSAND * case.would_show:.1f}",
                case.verdict.answer,
            )
        )
    heads = ("campaign, policy", "impressions", "effective", "effective clicks", "heaviest", "mean weight", "difference from the log's", "would be seen from", "than the log's policy")  # fmt: skip
    print_table(heads, rows)
    for case in cases:
        if case.verdict.because:
            print(f"{case.campaign}, {case.asked}: {'; '.join(case.verdict.because)}.")


def _sum_up(cases: list[Case]) -> None:
    pairs = [(found, case.own.value) for case in cases for found in case.estimates]
    held = sum(found.holds(true) for found, true in pairs)
    ranked = sum(not case.verdict.because for case in cases)
    print(
        f"\n{held} of {len(pairs)} intervals hold what the policy earned itself, itself a figure of a few dozen clicks.\n"
        f"{ranked} of {len(cases)} comparisons are ranked. These logs judge the estimators, not the policies.\n"
    )
