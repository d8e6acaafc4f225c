"""What a caller says of an event beside the fields that Stratum reads: passed on as it is, or named in a finding. Nothing is dropped unsaid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from attribution.domain.conversions.conversion import stop
from attribution.domain.user_data.findings import Finding
from attribution.domain.user_data.person import NAMES, PLAIN_NAMES

PASSED_ON = (
    "app_data", "messaging_channel", "opt_out", "referrer_url", "customer_segmentation", "original_event_data", "attribution_data",
    "advanced_measurement_table",
)  # fmt: skip
"""Fields of Meta's event that Stratum has no use for and sends as they came (developers.facebook.com, "Server Event Parameters")."""
READ = frozenset(
    [
        "event_name", "event_time", "event_id", "action_source", "event_source_url", "value", "currency", "clicked_at", "consent",
        "data_processing_options", "data_processing_options_country", "data_processing_options_state", "user_data", "custom_data",
    ]
)  # fmt: skip
OF_THE_CALL = frozenset(["platform", "destination", "default_region", "profile"])
"""May lie beside the event's fields where a body is the event itself."""
OF_A_PERSON = frozenset([*NAMES, *(name for names in PLAIN_NAMES.values() for name in names), "click_id"])
TEST_CODE = "A test code belongs to a destination that rehearses: Meta counts test events like real ones, so none is sent with an event."


def passed_on(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: given[name] for name in PASSED_ON if given.get(name) not in (None, "")}


def not_passed_on(given: Mapping[str, Any]) -> Iterator[Finding]:
    """A finding for each field that is not sent; it stops the event where sending without it would mean something else."""
    if given.get("test_event_code"):
        yield stop("test_event_code", "test_event_code", TEST_CODE)
    options = given.get("data_processing_options")
    if options not in (None, "", [], ["LDU"]):
        yield stop("unknown_options", "data_processing_options", 'It must be a list: [] or ["LDU"].')
    for name in given:
        if name not in {*READ, *PASSED_ON, *OF_THE_CALL, *OF_A_PERSON, "test_event_code"}:
            yield _unknown(str(name), "custom_data")
    for part in ("user_data", "custom_data"):
        if given.get(part) not in (None, "") and not isinstance(given[part], Mapping):
            yield stop("not_an_object", part, "It must be an object with named fields.")
    person = given.get("user_data")
    for name in person if isinstance(person, Mapping) else ():
        if name not in OF_A_PERSON:
            yield _unknown(f"user_data.{name}", "")


def _unknown(name: str, place: str) -> Finding:
    where = f" What the platform shall be told of besides belongs in {place}." if place else ""
    return Finding(name[:80], f"Not sent: no such field is known.{where}", code="not_passed_on")
