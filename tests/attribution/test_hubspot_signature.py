from __future__ import annotations

import json
from pathlib import Path

import pytest

from attribution.domain.hubspot_signature import SignedRequest, refusal, v3_signature

VECTORS = json.loads((Path(__file__).parent / "hubspot_signature_vectors.json").read_text())


def as_request(vector: dict) -> SignedRequest:
    is_v3 = vector["version"] == "v3"
    return SignedRequest(
        vector["method"],
        vector["request_uri"],
        vector["body"].encode(),
        v3=vector["signature"] if is_v3 else None,
        timestamp=vector["timestamp"],
        older=None if is_v3 else vector["signature"],
        older_version=vector["version"],
    )


@pytest.mark.parametrize(
    "vector", VECTORS["vectors"], ids=lambda v: f"{v['origin']}-{v['version']}-{(v['note'] or 'plain')[:40]}"
)
def test_every_vector_is_answered_as_its_file_says(vector):
    reason = refusal(as_request(vector), [vector["client_secret"]], now_ms=VECTORS["clock_ms"], allow_older=True)
    assert (reason is None) == vector["valid"], reason


NOW = 1_700_000_000_000
GENUINE = SignedRequest("POST", "https://s.example/webhooks/hubspot/", b'[{"a": 1}]', timestamp=str(NOW))


def signed(request: SignedRequest, secret: str = "right", **changes) -> SignedRequest:
    values = {**request.__dict__, "v3": v3_signature(request, secret), **changes}
    return SignedRequest(**values)


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (signed(GENUINE), None),
        (signed(GENUINE, "left"), None),  # the secret before the last rotation
        (signed(GENUINE, "other"), "wrong signature"),
        (signed(GENUINE, body=b'[{"a": 2}]'), "wrong signature"),
        (signed(GENUINE, method="PUT"), "wrong signature"),
        (signed(GENUINE, uri="https://evil.example/webhooks/hubspot/"), "wrong signature"),
        (signed(GENUINE, timestamp=str(NOW + 1)), "wrong signature"),
        (signed(GENUINE, timestamp=str(NOW - 300_001)), "timestamp too old"),
        (signed(GENUINE, timestamp=str(NOW + 300_001)), "timestamp in the future"),
        (signed(GENUINE, timestamp=None), "no readable timestamp"),
        (signed(GENUINE, timestamp="١٢٣"), "no readable timestamp"),
        (signed(GENUINE, timestamp="9" * 400), "no readable timestamp"),
        (signed(GENUINE, v3=""), "wrong signature"),
        (signed(GENUINE, v3="ünïcode\udcff"), "wrong signature"),
        (signed(GENUINE, v3=None), "no signature"),
        (signed(GENUINE, v3="wrong", older="anything"), "wrong signature"),  # never falls back
    ],
)
def test_who_is_believed(request_, expected):
    assert refusal(request_, ["right", "left"], now_ms=NOW, allow_older=True) == expected


@pytest.mark.parametrize("secrets", [[], [""], ["", ""]])
def test_without_a_secret_nobody_is_believed(secrets):
    assert refusal(signed(GENUINE, ""), secrets, now_ms=NOW) == "no secret to check against"


def test_an_older_signature_needs_the_connection_to_allow_it():
    vector = VECTORS["vectors"][0]
    assert "not allowed" in refusal(as_request(vector), [vector["client_secret"]], now_ms=NOW)
