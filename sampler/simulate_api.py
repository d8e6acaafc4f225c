"""What other budgets would bring, by Monte Carlo over what is believed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from sampler.actions.preview_split import preview_split
from sampler.domain.budget_simulator import Outcome, Runs, draw_runs, outcome
from sampler.engine_api import account_of
from sampler.selectors.simulations import NothingToSimulate, Simulated, responding
from stratum.core.api.views import WorkspaceView
from stratum.core.clock import now
from stratum.core.models import AdAccount, Campaign, Workspace
from stratum.core.money import exponent
from stratum.core.permissions import READ
from stratum.core.rows import BadField, BadRow, Field, decimal, one_of, read_row, text, whole

MOST_SCENARIOS = 50
MOST_DRAWS = 10_000_000
"""Budgets × simulations × scenarios, the baseline among them, in one call: a second or two of work, and 250 MB."""
SHORTEST = 3
"""Significant digits of amounts below a minor unit."""
PROPORTIONAL, BEST = "proportional", "best"
ASKED = {
    "campaign_id": Field(text(160)),
    "account_id": Field(whole(least=1)),
    "base_budget": Field(decimal(least=0)),
    "time_horizon_days": Field(whole(least=1, most=90), default=30),
    "simulations": Field(whole(least=100, most=100_000), default=1000),
    "split": Field(one_of(PROPORTIONAL, BEST), default=PROPORTIONAL),
    "seed": Field(whole(), default=0),
}
SCENARIO = {
    "name": Field(text(120), required=True),
    "budget_change_percent": Field(decimal(least=-100, most=1000), required=True),
}
FIGURES = {
    "spend": serializers.FloatField(),
    "revenue": serializers.FloatField(),
    "roas": serializers.FloatField(),
    "conversions": serializers.FloatField(),
}


class Simulate(WorkspaceView):
    verbs = {"POST": READ}

    @extend_schema(
        summary="Revenue of a campaign, or of an account, at other daily budgets, with its interval (5 % to 95 %)",
        request=inline_serializer(
            "Simulate",
            {
                "campaign_id": serializers.CharField(
                    required=False, help_text="The platform's id; the whole account without it."
                ),
                "account_id": serializers.IntegerField(required=False),
                "base_budget": serializers.CharField(
                    required=False, help_text="Major units a day; what stands without it."
                ),
                "scenarios": serializers.ListField(child=serializers.DictField()),
                "time_horizon_days": serializers.IntegerField(required=False, default=30),
                "simulations": serializers.IntegerField(required=False, default=1000),
                "split": serializers.ChoiceField((PROPORTIONAL, BEST), required=False, default=PROPORTIONAL),
                "seed": serializers.IntegerField(required=False, default=0),
            },
        ),
        responses=inline_serializer(
            "Simulation",
            {
                "baseline": inline_serializer("SimulatedBaseline", FIGURES),
                "scenarios": inline_serializer(
                    "SimulatedScenario",
                    {
                        "name": serializers.CharField(),
                        **FIGURES,
                        "marginal_roas": serializers.FloatField(),
                        "confidence_interval": serializers.ListField(
                            child=serializers.FloatField(), min_length=2, max_length=2
                        ),
                        "limit": serializers.CharField(
                            help_text="Why no plan may come to this; empty where one may, or where budgets are scaled alike."
                        ),
                    },
                    many=True,
                ),
                "currency": serializers.CharField(),
            },
        ),
    )
    def post(self, request: Request) -> Response:
        asked, scenarios = self._read()
        account, campaign, at = *_of(self.workspace, asked), now()
        base = None if asked["base_budget"] is None else float(asked["base_budget"])
        if base == 0:
            raise ValidationError({"base_budget": "must be above 0"})
        try:
            found = responding(account, campaign, base=base, now=at, days=asked["time_horizon_days"])
        except NothingToSimulate as problem:
            raise ValidationError({"campaign_id" if campaign else "account_id": str(problem)}) from problem
        _bounded(len(found.holders), asked["simulations"], len(scenarios))
        runs = draw_runs(
            found.holders,
            days=asked["time_horizon_days"],
            runs=asked["simulations"],
            drift=found.drift,
            seed=asked["seed"],
        )
        baseline = outcome(found.holders, runs, [holder.budget for holder in found.holders])
        start = _planned(found, found.base, at)[0] if asked["split"] == BEST else None
        told = [_scenario(found, runs, one, start, best=asked["split"] == BEST, at=at) for one in scenarios]
        return Response(
            {
                "name": found.name,
                "currency": account.currency,
                "from": found.day.isoformat(),
                "time_horizon_days": runs.days,
                "baseline": _figures(found, baseline),
                "scenarios": told,
            }
        )

    def _read(self) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        scenarios = self.body.get("scenarios")
        problems: dict[str, str] = {}
        asked: dict[str, Any] = {}
        try:
            asked = read_row(self.body, ASKED)
        except BadRow as bad:
            problems |= {one.field: one.reason for one in bad.problems}
        if not isinstance(scenarios, list) or not 0 < len(scenarios) <= MOST_SCENARIOS:
            raise ValidationError({**problems, "scenarios": f"Send a list of 1 to {MOST_SCENARIOS} scenarios."})
        read = []
        for number, one in enumerate(scenarios):
            try:
                read.append(_named(one))
            except BadRow as bad:
                problems |= {f"scenarios[{number}].{field.field}": field.reason for field in bad.problems}
        if problems:
            raise ValidationError(problems)
        return asked, read


def _named(scenario: Any) -> dict[str, Any]:
    if not isinstance(scenario, dict):
        raise BadRow([BadField("name", "must be an object with a name and a budget_change_percent")])
    return read_row(scenario, SCENARIO)


def _of(workspace: Workspace, asked: dict[str, Any]) -> tuple[AdAccount, Campaign | None]:
    if asked["campaign_id"] is None:
        return account_of(workspace, asked["account_id"]), None
    rows = Campaign.objects.select_related("account", "account__workspace").filter(external_id=asked["campaign_id"])
    if asked["account_id"] is not None:
        rows = rows.filter(account_id=asked["account_id"])
    campaign = rows.order_by("id").first()
    if campaign is None:
        raise NotFound(f"There is no campaign {asked['campaign_id']}.")
    return campaign.account, campaign


def _bounded(budgets: int, simulations: int, scenarios: int) -> None:
    draws = budgets * simulations * (scenarios + 1)
    if draws > MOST_DRAWS:
        raise ValidationError(
            {
                "simulations": f"{budgets:,} budgets × {simulations:,} simulations × {scenarios + 1} (scenarios and the baseline) are {draws:,} "
                f"draws, more than {MOST_DRAWS:,}: ask for fewer simulations or scenarios, or for one campaign."
            }
        )


def _scenario(
    found: Simulated, runs: Runs, scenario: dict[str, Any], start: list[float] | None, *, best: bool, at: datetime
) -> dict[str, Any]:
    """`best`: split as a plan would; what splitting alone wins is no return of added budget, so that marginal returns count from `start`.

    Where the limits let no plan come to the total, budgets are scaled alike and `limit` says why.
    """
    factor = 1 + float(scenario["budget_change_percent"]) / 100
    budgets = [holder.budget * factor for holder in found.holders]
    limit = ""
    if best and factor > 0:
        planned, limit = _planned(found, found.base * factor, at)
        budgets = planned or budgets
    result = outcome(found.holders, runs, budgets, start=start)
    return {
        "name": scenario["name"],
        **_figures(found, result),
        "marginal_roas": result.marginal,
        "marginal_interval": [result.marginal_low, result.marginal_high],
        "limit": limit,
    }


def _planned(found: Simulated, total: float, at: datetime) -> tuple[list[float] | None, str]:
    """Budgets in the holders' order, major units, as a plan would split the total, and what forbids it; None where none can."""
    minor = 10 ** exponent(found.account.currency)
    known = found.forecast.learnt
    preview = preview_split(found.question, known, total=round(total * minor), seed=found.seed, now=at)
    if not preview.budgets:
        return None, preview.forbidden
    return [preview.budgets[holder.key] / minor for holder in found.forecast.holders], preview.forbidden


def _figures(found: Simulated, result: Outcome) -> dict[str, Any]:
    def money(amount: float) -> float:
        """Whole minor units; what is less than one is not told as nothing."""
        return round(amount, exponent(found.account.currency)) or float(f"{amount:.{SHORTEST}g}")

    return {
        "spend": money(result.spend),
        "revenue": money(result.revenue),
        "roas": result.roas,
        "conversions": result.conversions,
        "confidence_interval": [money(result.low), money(result.high)],
        "budgets": [
            {"name": holder.name, "daily_budget": money(budget)}
            for holder, budget in zip(found.holders, result.budgets, strict=True)
        ],
    }
