"""What Meta computes of the website events of a data set: coverage of keys, and a score by weights that it keeps to itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

WEIGHTS = {
    "em": 3.4, "ph": 1.9, "fbc": 1.9, "fbp": 0.8, "external_id": 0.8, "client_ip_address": 0.5, "client_user_agent": 0.3, "fn": 0.1,
    "ln": 0.1, "zp": 0.1, "country": 0.1,
}  # fmt: skip


def dataset_quality(events: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The answer of `dataset_quality`; events that did not happen on a website have no score."""
    by_name: dict[str, list[dict[str, Any]]] = {}
    for event in events:
        if event["action_source"] == "website":
            by_name.setdefault(event["event_name"], []).append(event)
    return {"web": [{"event_name": name, "event_match_quality": _quality(held)} for name, held in by_name.items()]}


def _quality(events: list[dict[str, Any]]) -> dict[str, Any]:
    coverage = {key: sum(bool(event["user_data"].get(key)) for event in events) / len(events) for key in WEIGHTS}
    feedback = [
        {"identifier": key, "coverage": {"percentage": round(100 * share, 1)}}
        for key, share in coverage.items()
        if share
    ]
    score = sum(WEIGHTS[key] * share for key, share in coverage.items())
    return {"composite_score": round(score, 1), "match_key_feedback": feedback}
