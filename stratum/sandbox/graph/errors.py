"""Meta's errors: code and subcode decide, the HTTP status does not."""

from __future__ import annotations

import uuid
from typing import Any

from stratum.sandbox.web.messages import Reply

TOO_MANY_ACCOUNT = "There have been too many calls from this ad-account. Please wait a bit and try again."
MESSAGES: dict[tuple[int, int | None], str] = {
    (1, None): "An unknown error occurred",
    (2, None): "Service temporarily unavailable",
    (4, None): "Application request limit reached",
    (4, 1504022): "There have been too many calls from this app. Wait a bit and try again.",
    (17, 2446079): "User request limit reached",
    (
        17,
        1885172,
    ): "You can only change your account spending limit 10 times per day. Please wait to make more changes.",
    (
        100,
        33,
    ): "Unsupported request. Object does not exist, cannot be loaded due to missing permissions, or does not support this operation",
    (100, 1487534): "Please reduce the amount of data you're asking for, then retry your request",
    (190, None): "The access token could not be decrypted",
    (200, None): "Permissions error",
    (341, None): "Application limit reached",
    (368, None): "The action attempted has been deemed abusive or is otherwise disallowed",
    (613, None): "(#613) Calls to this api have exceeded the rate limit.",
    (613, 1487225): "User request limit reached",
    (613, 1487632): "You can only change your ad set budget 4 times per hour. Please wait to make more changes.",
    (613, 1487742): TOO_MANY_ACCOUNT,
    (613, 5044001): "Your ad account has exceeded the maximum allowed rate of mutation requests",
    (2635, None): "You are calling a deprecated version of the Ads API. Please update to the latest version.",
    (3018, None): "The start date of the time range cannot be beyond 37 months from the current date",
    (21009, None): "(#21009) The data set upload is temporarily not ready.",
    (80000, None): TOO_MANY_ACCOUNT,
    (80004, None): "There have been too many calls from this ad-account. Wait a bit and try again.",
}
TRANSIENT = frozenset({1, 2, 341})


class GraphError(Exception):
    """An answer that is an error object. `extra` adds fields such as error_user_title or error_data."""

    def __init__(
        self, code: int, message: str | None = None, *, subcode: int | None = None, status: int = 400,
        kind: str = "OAuthException", **extra: Any,
    ) -> None:  # fmt: skip
        text = message or MESSAGES.get((code, subcode)) or MESSAGES.get((code, None)) or f"(#{code}) Error"
        super().__init__(text)
        self.status = status
        self.body: dict[str, Any] = {"message": text, "type": kind, "code": code, "is_transient": code in TRANSIENT}
        if subcode is not None:
            self.body["error_subcode"] = subcode
        self.body |= {**extra, "fbtrace_id": "A" + uuid.uuid4().hex[:22]}

    def reply(self) -> Reply:
        return Reply(self.status, {"error": self.body})


def parameter(message: str, **extra: Any) -> GraphError:
    return GraphError(100, f"(#100) {message}", **extra)


def unknown_object(node_id: str, verb: str = "get") -> GraphError:
    return GraphError(
        100,
        f"Unsupported {verb} request. Object with ID '{node_id}' does not exist, cannot be loaded due to missing permissions, "
        "or does not support this operation",
        subcode=33,
        kind="GraphMethodException",
    )


def budget_too_low(minimum_text: str) -> GraphError:
    return GraphError(
        1487901,
        f"The budget for your Ad-Set is too low. It must be at least {minimum_text} per day.",
        kind="Exception",
        error_data={"blame_field_specs": [["daily_budget"]]},
    )
