"""Plans over HTTP: what was planned, what became of it, and the way back."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from sampler.actions.roll_back_plan import NothingToRollBack, roll_back_plan
from sampler.actions.undo_change import MayNotUndo
from sampler.api import PAGING, ChangeVerb, Conflict
from sampler.selectors.plan_history import PastPlan, past_plan, recent_plans
from stratum.core.api.paging import NEXT
from stratum.core.api.views import WorkspaceView
from stratum.core.clock import now
from stratum.core.permissions import DECIDE

PLAN = inline_serializer(
    "Plan",
    {
        "id": serializers.IntegerField(),
        "account_name": serializers.CharField(),
        "day": serializers.DateField(),
        "status": serializers.CharField(),
        "total": serializers.CharField(),
        "currency": serializers.CharField(),
        "expected": serializers.DictField(),
        "basis": serializers.CharField(),
        "rolls_back": serializers.IntegerField(allow_null=True),
        "changes": serializers.DictField(child=serializers.IntegerField()),
        "can_be_rolled_back": serializers.BooleanField(),
    },
)
ROLLED_BACK = inline_serializer(
    "RolledBackPlan",
    {"plan": PLAN, "left": serializers.DictField(child=serializers.CharField(), help_text="Why, by change.")},
)


def as_json(plan: PastPlan) -> dict[str, Any]:
    return {**asdict(plan), "total": str(plan.total)}


class Plans(WorkspaceView):
    @extend_schema(
        operation_id="plans_list",
        parameters=PAGING.parameters,
        responses=inline_serializer("Plans", {"results": serializers.ListField(child=PLAN), "next": NEXT}),
    )
    def get(self, request: Request) -> Response:
        page = PAGING.asked(request)
        plans = recent_plans(limit=page.limit, after=page.after)
        return Response({"results": [as_json(plan) for plan in plans], "next": page.next([plan.id for plan in plans])})


class RollBackPlan(ChangeVerb):
    verbs = {"POST": DECIDE}

    @extend_schema(request=None, responses=ROLLED_BACK)
    def post(self, request: Request, plan_id: int) -> Response:
        """Proposes the undo of every applied change of a plan, as a plan of its own through the same guardrails."""
        try:
            back = roll_back_plan(plan_id, by=self.actor, verbs=self.held_verbs, now=now())
        except ObjectDoesNotExist:
            raise NotFound("This workspace has no such plan.") from None
        except MayNotUndo as refused:
            raise PermissionDenied(str(refused)) from refused
        except NothingToRollBack as refused:
            raise Conflict(str(refused)) from refused
        left = {str(change): reason for change, reason in back.left.items()}
        return Response({"plan": as_json(past_plan(back.plan.pk)), "left": left})
