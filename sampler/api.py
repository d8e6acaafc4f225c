"""Budget changes over HTTP: what waits, what happened, and the verbs approve, reject and undo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import APIException, NotFound, PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from sampler.actions.review_change import ChangeAlreadyDecided, MayNotApprove, approve_change, reject_change
from sampler.actions.undo_change import CannotBeUndone, MayNotUndo, undo_change
from sampler.domain.cards import ChangeCard
from sampler.domain.states import STATUSES
from sampler.models import Change
from sampler.selectors import change_card, recent_changes
from stratum.core.api.paging import NEXT, Paging
from stratum.core.api.views import WorkspaceView
from stratum.core.clock import now
from stratum.core.permissions import APPROVE, DECIDE
from stratum.core.rows import Field, read_row, text

CHANGE = inline_serializer(
    "Change",
    {
        "id": serializers.IntegerField(),
        "title": serializers.CharField(),
        "status": serializers.ChoiceField(STATUSES),
        "before": serializers.CharField(),
        "after": serializers.CharField(),
        "currency": serializers.CharField(),
        "because": serializers.ListField(child=serializers.DictField()),
        "expected": serializers.DictField(),
        "findings": serializers.ListField(child=serializers.DictField()),
    },
)
PAGING = Paging(usual=50, most=200)
SAID = {"comment": Field(text(2000), default="")}
COMMENT = inline_serializer("ChangeComment", {"comment": serializers.CharField(required=False, max_length=2000)})


class Conflict(APIException):
    status_code = 409


def as_json(card: ChangeCard) -> dict[str, Any]:
    return {**asdict(card), "before": str(card.before), "after": str(card.after)}


class Changes(WorkspaceView):
    @extend_schema(
        operation_id="changes_list",
        parameters=[
            OpenApiParameter("status", str, enum=list(STATUSES)),
            *PAGING.parameters,
        ],
        responses=inline_serializer("Changes", {"results": serializers.ListField(child=CHANGE), "next": NEXT}),
    )
    def get(self, request: Request) -> Response:
        status, page = request.query_params.get("status"), PAGING.asked(request)
        if status is not None and status not in STATUSES:
            raise ValidationError({"status": f"must be one of {', '.join(STATUSES)}"})
        cards = recent_changes(statuses=(status,) if status else STATUSES, limit=page.limit, after=page.after)
        return Response({"results": [as_json(card) for card in cards], "next": page.next([card.id for card in cards])})


class OneChange(WorkspaceView):
    @extend_schema(responses=CHANGE)
    def get(self, request: Request, change_id: int) -> Response:
        return Response(as_json(_card(change_id)))


class ChangeVerb(WorkspaceView):
    """Base of the verbs: asks the action and answers with the change as it is then."""

    def ask(self, request: Request, change_id: int, action: Callable[..., Change], **more: Any) -> Response:
        try:
            change = action(change_id, by=self.actor, verbs=self.held_verbs, now=now(), **more)
        except ObjectDoesNotExist:
            raise NotFound("This workspace has no such change.") from None
        except (MayNotApprove, MayNotUndo) as refused:
            raise PermissionDenied(str(refused)) from refused
        except (ChangeAlreadyDecided, CannotBeUndone) as refused:
            raise Conflict(str(refused)) from refused
        return Response(as_json(change_card(change.pk)))


class ApproveChange(ChangeVerb):
    verbs = {"POST": APPROVE}

    @extend_schema(request=COMMENT, responses=CHANGE)
    def post(self, request: Request, change_id: int) -> Response:
        return self.ask(request, change_id, approve_change, **read_row(self.body, SAID))


class RejectChange(ChangeVerb):
    verbs = {"POST": APPROVE}

    @extend_schema(request=COMMENT, responses=CHANGE)
    def post(self, request: Request, change_id: int) -> Response:
        return self.ask(request, change_id, reject_change, **read_row(self.body, SAID))


class UndoChange(ChangeVerb):
    verbs = {"POST": DECIDE}

    @extend_schema(request=None, responses=CHANGE)
    def post(self, request: Request, change_id: int) -> Response:
        return self.ask(request, change_id, undo_change)


def _card(change_id: int) -> ChangeCard:
    try:
        return change_card(change_id)
    except ObjectDoesNotExist:
        raise NotFound("This workspace has no such change.") from None
