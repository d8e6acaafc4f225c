"""Decisions over HTTP: how a budget would be split and why, what is believed of ads, and what was decided before."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import NotFound, PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from sampler.actions.decide import Asked, Decision, decide, told_of, usual_seed
from sampler.actions.inspect_changes import inspect_changes
from sampler.actions.propose_plan import answered, keep_plan
from sampler.api import as_json
from sampler.selectors import belief_cards, plan_cards, recent_changes, why_nothing_may_move
from sampler.selectors.accounts import account_in
from sampler.selectors.plans import planning_day
from sampler.selectors.questions import asked
from stratum.core.api.paging import NEXT, Paging, whole_parameter
from stratum.core.api.views import WorkspaceView
from stratum.core.clock import now
from stratum.core.models import AdAccount, Workspace
from stratum.core.money import to_minor
from stratum.core.permissions import DECIDE, READ
from stratum.core.rows import Field, boolean, day, decimal, read_row, whole

SELECT = {
    "account_id": Field(whole(least=1)),
    "budget": Field(decimal(least=Decimal(0))),
    "day": Field(day),
    "seed": Field(whole()),
    "dry_run": Field(boolean, default=True),
}
DECISION = inline_serializer(
    "Decision",
    {
        "account_id": serializers.IntegerField(),
        "policy": serializers.CharField(),
        "currency": serializers.CharField(),
        "total": serializers.CharField(help_text="Major units a day."),
        "expected": serializers.DictField(help_text="Return on spend: mean, low, high (80 %)."),
        "budgets": serializers.ListField(child=serializers.DictField()),
        "from_memory": serializers.BooleanField(),
        "plan_id": serializers.IntegerField(allow_null=True),
        "plan_basis": serializers.CharField(required=False),
    },
)
BELIEFS, DECISIONS = Paging(usual=None, most=1000), Paging(usual=20, most=100)
ACCOUNT = OpenApiParameter("account", int, description="The first one without it.")


def account_of(workspace: Workspace, asked: int | None) -> AdAccount:
    """The account with this number, or the workspace's first; NotFound."""
    found = account_in(workspace, asked)
    if found is None:
        raise NotFound("This workspace has no such ad account." if asked else "This workspace has no ad account yet.")
    return found


class Ready(HttpResponse):
    """A decision that is JSON already; `data` as in any other response."""

    def __init__(self, decision: Decision) -> None:
        more = b',"from_memory":%s,"plan_id":null}' % (b"true" if decision.from_memory else b"false")
        super().__init__(decision.body[:-1] + more, content_type="application/json")

    @property
    def data(self) -> Any:
        return json.loads(self.content)


class Select(WorkspaceView):
    verbs = {"POST": READ}

    @extend_schema(
        summary="Split a daily budget over an account's ad sets and campaigns; proposes the changes unless dry_run",
        request=inline_serializer(
            "Select",
            {
                "account_id": serializers.IntegerField(required=False),
                "budget": serializers.CharField(required=False, help_text="Major units a day; what stands without it."),
                "day": serializers.DateField(required=False),
                "seed": serializers.IntegerField(required=False),
                "dry_run": serializers.BooleanField(required=False, default=True),
            },
        ),
        responses={200: DECISION, 201: DECISION},
    )
    def post(self, request: Request) -> Response:
        told = read_row(self.body, SELECT)
        account = account_of(self.workspace, told["account_id"])
        on = told["day"] or planning_day(account, now())
        if on is None:
            raise ValidationError({"account_id": f"{account.name} has no ad performance to decide by yet."})
        total = None if told["budget"] is None else to_minor(told["budget"], account.currency)
        seed = usual_seed(on) if told["seed"] is None else told["seed"]
        if told["dry_run"]:
            return Ready(decide(Asked(account, on, seed, total)))
        return self._propose(account, on, seed, total)

    def _propose(self, account: AdAccount, on: date, seed: int, total: int | None) -> Response:
        if DECIDE not in self.held_verbs:
            raise PermissionDenied("Proposing a plan needs the verb “decide”; with dry_run it is only shown.")
        at = now()
        if on != (today := planning_day(account, at)):
            raise ValidationError({"day": f"must be {today} for a plan; with dry_run it may be any day"})
        question = asked(account, day=on, total=total, now=at)
        if question is None:
            raise ValidationError(
                {"account_id": f"No budget of {account.name} may move now: {why_nothing_may_move(account, day=on)}."}
            )
        split, portfolio = answered(question, seed=seed)
        plan = keep_plan(question, split, portfolio, now=at, seed=seed)
        went = inspect_changes(account, now=at)
        cards = recent_changes(account_id=account.pk, limit=len(split.parts))
        changes = [as_json(card) for card in cards if card.plan_id == plan.pk]
        told = told_of(question, split, portfolio, seed)
        return Response(
            {
                **told,
                "from_memory": False,
                "plan_id": plan.pk,
                "plan_basis": plan.basis,
                "went": went,
                "changes": changes,
            },
            status=201,
        )


class Beliefs(WorkspaceView):
    @extend_schema(
        summary="What is believed of each ad, with the blended score and its parts, the best first",
        parameters=[ACCOUNT, *BELIEFS.parameters],
        responses=inline_serializer(
            "Beliefs", {"results": serializers.ListField(child=serializers.DictField()), "next": NEXT}
        ),
    )
    def get(self, request: Request) -> Response:
        account = account_of(self.workspace, whole_parameter(request, "account"))
        cards = belief_cards(account)
        page, ids = BELIEFS.asked(request), [card.ad_id for card in cards]
        shown = page.of(ids)
        results = [asdict(card) for card in cards[shown]]
        return Response({"account_id": account.pk, "results": results, "next": page.next(ids[shown])})


class Decisions(WorkspaceView):
    @extend_schema(
        summary="Past plans with their seed, what they were made from, and what they expected; newest first",
        parameters=[ACCOUNT, *DECISIONS.parameters],
        responses=inline_serializer(
            "Decisions", {"results": serializers.ListField(child=serializers.DictField()), "next": NEXT}
        ),
    )
    def get(self, request: Request) -> Response:
        account = account_of(self.workspace, whole_parameter(request, "account"))
        page = DECISIONS.asked(request)
        cards = plan_cards(account, limit=page.limit, after=page.after)
        results = [asdict(card) | {"total": str(card.total)} for card in cards]
        return Response({"account_id": account.pk, "results": results, "next": page.next([card.id for card in cards])})
