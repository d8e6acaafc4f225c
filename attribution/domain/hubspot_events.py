"""One HubSpot delivery into events, each judged alone. Nothing is coerced: what does not fit is named and set aside."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

ASSOCIATIONS = {
    3: ("deal", "contact"),
    4: ("contact", "deal"),
    5: ("deal", "company"),
    6: ("company", "deal"),
    341: ("deal", "company"),
    342: ("company", "deal"),
}
"""What HubSpot's own association types go from and to."""
OBJECT_TYPES = {"0-1": "contact", "0-2": "company", "0-3": "deal"}
MAX_ID = 2**63
MAX_VALUE = 65_536
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},]', re.DOTALL)
_SURROGATE_OR_NUL = re.compile("[\x00\ud800-\udfff]")


class Unreadable(ValueError):
    """Why an event, or a whole body, cannot be taken."""


@dataclass(frozen=True)
class Event:
    key: bytes
    portal_id: int
    kind: str
    object_type: str
    object_id: str
    property_name: str
    property_value: str
    occurred_at: datetime
    touched_ids: tuple[str, ...]
    """Ids of every object of that type that the event speaks of: merges and associations name several."""
    deal_ids: tuple[str, ...] = ()
    """Deals that may be another's or look different by it, whichever side of an association tells of it."""


@dataclass(frozen=True)
class Rejected:
    position: int
    reason: str
    fragment: str


class _Unfit:
    """A JSON number that no field of ours may hold: NaN, Infinity, thousands of digits."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text[:40]


def read_delivery(body: bytes) -> Iterator[Event | Rejected]:
    """Yields each element of the delivery's list, in order, as an event or with the reason why not."""
    try:
        text = body.decode("utf-8")
        elements = _elements(text)
    except (UnicodeDecodeError, Unreadable) as problem:
        yield Rejected(
            -1,
            f"not a list of events: {problem}"[:300],
            body[:2000].decode("utf-8", "backslashreplace").replace("\x00", "\\u0000"),
        )
        return
    for position, element in enumerate(elements):
        try:
            yield _event(_loads(element) if isinstance(element, str) else element)
        except Unreadable as problem:
            yield Rejected(position, str(problem)[:300], _shown(element))


def _shown(element: Any) -> str:
    text = element if isinstance(element, str) else json.dumps(element, default=repr)
    return text[:2000].replace("\x00", "\\u0000").encode("utf-8", "backslashreplace").decode()


def _loads(text: str) -> Any:
    def whole(digits: str) -> int | _Unfit:
        return int(digits) if len(digits) <= 20 else _Unfit(digits)

    try:
        return json.loads(text, parse_constant=_Unfit, parse_int=whole)
    except RecursionError:
        raise Unreadable("nested too deeply") from None
    except ValueError as problem:
        raise Unreadable(f"not JSON: {problem}") from None


def _elements(text: str) -> list[Any]:
    """The list's elements, decoded; where the whole cannot be decoded, the text of each, so that one bad event stands alone."""
    try:
        decoded = _loads(text)
    except Unreadable:
        return list(_split(text))
    if not isinstance(decoded, list):
        raise Unreadable(f"the body is a {type(decoded).__name__}")
    # An element that is itself a string would read as JSON text further on.
    return [json.dumps(element) if isinstance(element, str) else element for element in decoded]


def _split(text: str) -> Iterator[str]:
    if not text.lstrip().startswith("["):
        raise Unreadable("not JSON")
    depth, start = 0, 0
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if mark in "[{":
            depth += 1
            if depth == 1:
                start = token.end()
        elif mark in "]}" or (mark == "," and depth == 1):
            depth -= mark != ","
            if depth == 0 or mark == ",":
                yield text[start : token.start()]
                start = token.end()
            if depth == 0:
                return
    raise Unreadable("not JSON: the list does not end")


def _integer(event: dict[str, Any], name: str) -> int:
    value = event.get(name)
    if type(value) is not int:
        raise Unreadable(f"{name} must be a whole number, not {value!r}"[:200])
    if not 0 <= value < MAX_ID:
        raise Unreadable(f"{name} is out of range")
    return value


def _text(event: dict[str, Any], name: str, *, default: str = "") -> str:
    value = event.get(name)
    if value is None:
        return default
    if not isinstance(value, str):
        raise Unreadable(f"{name} must be text, not {value!r}"[:200])
    if _SURROGATE_OR_NUL.search(value):
        raise Unreadable(f"{name} holds a character that no text may hold (NUL or half a surrogate pair)")
    if len(value) > MAX_VALUE:
        raise Unreadable(f"{name} is longer than {MAX_VALUE} characters")
    return value


def _object_type(event: dict[str, Any], kind: str) -> str:
    prefix = kind.partition(".")[0]
    if prefix != "object":
        return prefix
    type_id = _text(event, "objectTypeId")
    return OBJECT_TYPES.get(type_id, type_id)


def _touched(event: dict[str, Any], kind: str) -> tuple[str, ...]:
    if kind.endswith(".associationChange"):
        ends = _text(event, "associationType").upper().split("_TO_")
        sides = [name for name, end in zip(("fromObjectId", "toObjectId"), ends, strict=False) if end == "DEAL"]
        return tuple(str(_integer(event, name)) for name in sides or ("fromObjectId", "toObjectId"))
    names = [name for name in ("objectId", "primaryObjectId", "newObjectId") if name in event]
    if not names:
        raise Unreadable("objectId is missing")
    merged = event.get("mergedObjectIds", [])
    if not isinstance(merged, list):
        raise Unreadable("mergedObjectIds must be a list")
    ids = [_integer(event, name) for name in names] + [
        _integer({"mergedObjectIds": one}, "mergedObjectIds") for one in merged
    ]
    return tuple(dict.fromkeys(str(one) for one in ids))


def _associated(event: dict[str, Any], kind: str) -> tuple[str, str]:
    """What an association goes from and to; empty where the event does not say: by names, by ids of objects, by the association's own id."""
    by_name = _text(event, "associationType").lower().split("_to_")
    type_id = event.get("associationTypeId")
    known = (
        _text(event, "associationCategory", default="HUBSPOT_DEFINED") == "HUBSPOT_DEFINED" and str(type_id).isdecimal()
    )
    by_id = ASSOCIATIONS.get(int(str(type_id)), ("", "")) if known else ("", "")
    subscribed = _object_type(event, kind)
    found = []
    for end, name in enumerate(("fromObjectTypeId", "toObjectTypeId")):
        one = _text(event, name)
        named = by_name[end] if len(by_name) == 2 else ""
        found.append(OBJECT_TYPES.get(one, one) or named or by_id[end] or ("" if end else subscribed))
    return found[0], found[1]


def _deals(event: dict[str, Any], kind: str, touched: tuple[str, ...]) -> tuple[str, ...]:
    """Deals that the event speaks of. Where an association does not say what an end is, it may be a deal."""
    if not kind.endswith(".associationChange"):
        return touched if _object_type(event, kind) == "deal" else ()
    ends = zip(("fromObjectId", "toObjectId"), _associated(event, kind), strict=True)
    return tuple(dict.fromkeys(str(_integer(event, name)) for name, what in ends if what in ("deal", "")))


def _event(event: Any) -> Event:
    if not isinstance(event, dict):
        raise Unreadable(f"an event must be an object, not {type(event).__name__}")
    kind = _text(event, "subscriptionType") or _text(event, "eventType")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,30}\.[A-Za-z0-9_]{1,29}", kind):
        raise Unreadable("subscriptionType is missing or is not like deal.propertyChange")
    portal, occurred, event_id = (_integer(event, name) for name in ("portalId", "occurredAt", "eventId"))
    subscription = _integer(event, "subscriptionId") if "subscriptionId" in event else 0
    if occurred > 4_102_444_800_000:
        raise Unreadable("occurredAt is after the year 2100")
    touched, name = _touched(event, kind), _text(event, "propertyName")
    value, object_type = _text(event, "propertyValue"), _object_type(event, kind)[:20]
    key = json.dumps([portal, subscription, kind, touched, name, occurred, event_id]).encode()
    return Event(
        key=hashlib.sha256(key).digest(),
        portal_id=portal,
        kind=kind,
        object_type=object_type,
        object_id=touched[0],
        property_name=name[:120],
        # A contact's properties are personal and nothing here needs them.
        property_value=value if object_type == "deal" else "",
        occurred_at=datetime.fromtimestamp(occurred / 1000, UTC),
        touched_ids=touched,
        deal_ids=_deals(event, kind, touched),
    )
