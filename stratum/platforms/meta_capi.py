"""Meta's Conversions API: telling a data set of events, and reading what Meta thinks of their quality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from stratum.platforms.http import NoAnswer, Refused, with_patience
from stratum.platforms.meta_errors import Stop
from stratum.platforms.meta_graph import VERSION, Graph

MOST_EVENTS = 1000
NO_SUCH_OBJECT = 33
QUALITY_FIELDS = (
    "web{event_name,event_match_quality{composite_score,match_key_feedback{identifier,coverage{percentage}}}}"
)


@dataclass(frozen=True)
class EventQuality:
    """Meta's match quality (0 to 10) of one kind of website event, and which keys came along in how many percent of them."""

    event_name: str
    composite_score: float
    coverage: Mapping[str, float]


def events_path(dataset_id: str) -> str:
    return f"{VERSION}/{dataset_id}/events"


class MetaCapi:
    """One token's data sets. Sending is never repeated here. Use it in one thread."""

    def __init__(self, token: str, base_url: str | None = None) -> None:
        self._graph = Graph(token, base_url or settings.META_GRAPH_URL)

    def send(self, dataset_id: str, body: Mapping[str, Any]) -> str:
        """Sends `{"data": [events]}`, all or nothing, and returns Meta's trace id.

        Refused: none of them was processed, one of them may be the reason. Stop: token, permission or the data set itself.
        TryLater: not now. NoAnswer: it may or may not have taken effect.
        """
        try:
            answer = self._graph.post_json(f"{dataset_id}/events", body)
        except Refused as problem:
            if problem.subcode == NO_SUCH_OBJECT:
                raise Stop(str(problem), status=problem.status, code=problem.code, subcode=problem.subcode) from problem
            raise
        received = answer.get("events_received") if isinstance(answer, dict) else None
        if received != len(body["data"]):
            raise NoAnswer(f"Meta says that it received {received} of {len(body['data'])} events")
        return str(answer.get("fbtrace_id") or "")

    def quality(self, dataset_id: str) -> Sequence[EventQuality]:
        """What Meta computed for the events of websites; there is none for those of a CRM."""
        answer = with_patience(lambda: self._graph.get("dataset_quality", dataset_id=dataset_id, fields=QUALITY_FIELDS))
        return [_quality(row) for row in answer.get("web", []) if (row.get("event_match_quality") or {}).get("composite_score") is not None]  # fmt: skip


def _quality(row: Mapping[str, Any]) -> EventQuality:
    found = row["event_match_quality"]
    keys = found.get("match_key_feedback") or []
    coverage = {str(key.get("identifier")): float((key.get("coverage") or {}).get("percentage") or 0) for key in keys}
    return EventQuality(str(row["event_name"]), float(found["composite_score"]), coverage)
