"""Meta's errors, as its documents and public connectors recorded them, and what follows from each."""

from __future__ import annotations

import json

import pytest

from stratum.platforms.http import NoAnswer, Refused, TryLater
from stratum.platforms.meta_batch import Written, outcome_of
from stratum.platforms.meta_errors import Stop, TooMuchData, as_exception, usage

TABLE = [
    ({"code": 4}, TryLater, 300),
    ({"code": 4, "error_subcode": 1504022}, TryLater, 300),
    ({"code": 17, "error_subcode": 2446079, "message": "User request limit reached"}, TryLater, 300),
    ({"code": 17, "error_subcode": 1885172}, TryLater, 86_400),
    ({"code": 613, "error_subcode": 1487742}, TryLater, 60),
    ({"code": 613, "error_subcode": 1487632}, TryLater, 3600),
    ({"code": 613, "error_subcode": 5044001}, TryLater, 1),
    ({"code": 613}, TryLater, 300),
    ({"code": 613, "error_subcode": 99}, TryLater, 300),
    ({"code": 1, "error_subcode": 99}, TooMuchData, None),
    ({"code": "unknown", "error_subcode": {}}, Refused, None),
    ({"code": 80000, "error_subcode": 2446079}, TryLater, 300),
    ({"code": 80004}, TryLater, 300),
    ({"code": 1, "message": "An unknown error occurred"}, NoAnswer, None),
    (
        {"code": 1, "message": "Please reduce the amount of data you're asking for, then retry your request"},
        TooMuchData,
        None,
    ),
    ({"code": 2, "is_transient": True}, NoAnswer, None),
    ({"code": 100}, Refused, None),
    ({"code": 100, "error_subcode": 1487534}, TooMuchData, None),
    ({"code": 190, "error_subcode": 463}, Stop, None),
    ({"code": 10}, Stop, None),
    ({"code": 200}, Stop, None),
    ({"code": 294}, Stop, None),
    ({"code": 368}, Stop, None),
    ({"code": 2635}, Stop, None),
    ({"code": 1487901, "message": "The budget is too low"}, Refused, None),
    ({"code": 5000}, NoAnswer, None),
    ({"code": 21009}, TryLater, 300),
    ({"code": 99_999, "is_transient": True}, NoAnswer, None),
    ({"code": 99_999}, Refused, None),
    ({}, Refused, None),
]


@pytest.mark.parametrize("error, kind, seconds", TABLE)
@pytest.mark.parametrize("status", [200, 400, 500])
def test_the_code_decides_and_the_http_status_does_not(error, kind, seconds, status):
    raised = as_exception(error, status=status, headers={})
    assert type(raised) is kind
    assert getattr(raised, "seconds", None) == seconds


def test_the_platforms_own_wait_comes_before_ours():
    headers = {
        "x-business-use-case-usage": json.dumps(
            {"111": [{"type": "ads_insights", "call_count": 100, "estimated_time_to_regain_access": 7}]}
        )
    }
    assert as_exception({"code": 80000}, status=400, headers=headers).seconds == 420


HEADERS = [
    ({}, 0, 0),
    ({"X-App-Usage": '{"call_count": 28, "total_time": 25, "total_cputime": 25}'}, 28, 0),
    ({"X-Ad-Account-Usage": '{"acc_id_util_pct": 91.5, "reset_time_duration": 100}'}, 91.5, 100),
    (
        {
            "X-Business-Use-Case-Usage": '{"1": [{"call_count": 3, "total_time": 95, "estimated_time_to_regain_access": 2}]}',
            "X-App-Usage": '{"call_count": 9}',
        },
        95,
        120,
    ),
    ({"X-FB-Ads-Insights-Throttle": '{"app_id_util_pct": 12.0, "acc_id_util_pct": 88}'}, 88, 0),
    ({"X-App-Usage": "not json"}, 0, 0),
]


@pytest.mark.parametrize("headers, percent, seconds", HEADERS)
def test_the_fullest_limit_counts(headers, percent, seconds):
    used = usage(headers)
    assert (used.percent, used.seconds) == (percent, seconds)


SLOTS = [
    ({"code": 200, "body": '{"success": true}'}, Written.APPLIED),
    ({"code": 200, "body": '{"success": false}'}, Written.UNKNOWN),
    ({"code": 200, "body": '{"error": {"code": 100, "message": "Invalid parameter"}}'}, Written.REFUSED),
    ({"code": 400, "body": '{"error": {"code": 613, "error_subcode": 1487632}}'}, Written.REFUSED),
    ({"code": 500, "body": '{"error": {"code": 2, "is_transient": true}}'}, Written.UNKNOWN),
    ({"code": 502, "body": "<html>Bad Gateway</html>"}, Written.UNKNOWN),
    ({"code": 200, "body": "<html>Bad Gateway</html>"}, Written.UNKNOWN),
    ({"code": 200, "body": ""}, Written.UNKNOWN),
    ({"code": 200}, Written.UNKNOWN),
    (None, Written.UNKNOWN),
]


@pytest.mark.parametrize("slot, written", SLOTS)
def test_only_a_plain_success_is_applied(slot, written):
    assert outcome_of(slot).written == written
