"""Lists in pages: `limit` rows of one, and `next`, the cursor of the page after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

NEXT = serializers.CharField(allow_null=True, help_text="The cursor of the page after this one; null at the end.")


@dataclass(frozen=True)
class Paging:
    """How a list is paged: so many rows unless told (None: all of them), and at most so many."""

    usual: int | None
    most: int

    @property
    def parameters(self) -> list[OpenApiParameter]:
        usual = "All of them" if self.usual is None else self.usual
        return [
            OpenApiParameter("limit", int, description=f"{usual} unless told, at most {self.most}."),
            OpenApiParameter("cursor", str, description="`next` of the page before."),
        ]

    def asked(self, request: Request) -> Page:
        """ValidationError by field."""
        limit = whole_parameter(request, "limit")
        if limit is not None and limit > self.most:
            raise ValidationError({"limit": f"must be between 1 and {self.most}"})
        return Page(limit or self.usual, whole_parameter(request, "cursor"))


@dataclass(frozen=True)
class Page:
    """Rows after the one with the id `after`, `limit` of them."""

    limit: int | None
    after: int | None

    def of(self, ids: Sequence[int]) -> slice:
        """Where the page lies in a list that is whole, by the ids of its rows. ValidationError where the cursor is of none of them."""
        if self.after is not None and self.after not in ids:
            raise ValidationError({"cursor": "is of no row of this list"})
        first = 0 if self.after is None else ids.index(self.after) + 1
        return slice(first, None if self.limit is None else first + self.limit)

    def next(self, ids: Sequence[int]) -> str | None:
        """The cursor behind rows with these ids. A full page may be the last one; the next is empty then."""
        return str(ids[-1]) if ids and len(ids) == self.limit else None


def whole_parameter(request: Request, name: str) -> int | None:
    raw: Any = request.query_params.get(name)
    if raw is None:
        return None
    if not raw.isascii() or not raw.isdigit() or not 0 < len(raw) <= 18 or int(raw) == 0:
        raise ValidationError({name: "must be a whole number from 1 on"})
    return int(raw)
