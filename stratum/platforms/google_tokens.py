"""Google's access tokens live for an hour. What is stored is the leave to ask for new ones."""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any

from django.conf import settings

from stratum.platforms.http import Connection, NoAnswer
from stratum.platforms.meta_errors import Stop

EARLY_SECONDS = 120
NEEDED = ("client_id", "client_secret", "refresh_token")
_kept: dict[str, tuple[float, str]] = {}


def access_token_of(credential: str) -> str:
    """The bearer token to use now. `credential`: the JSON of an authorised user (client id and secret, refresh token), whose token is
    asked for and kept in the process until shortly before it ends; anything else is taken for a bearer token itself.

    Stop: Google withdrew the leave, or the JSON is not one. NoAnswer: ask again later.
    """
    if not credential.lstrip().startswith("{"):
        return credential
    name = hashlib.sha256(f"{settings.GOOGLE_TOKEN_URL} {credential}".encode()).hexdigest()
    until, token = _kept.get(name, (0.0, ""))
    if time.monotonic() < until:
        return token
    answer = _asked(credential)
    _kept[name] = (time.monotonic() + float(answer.get("expires_in") or 0) - EARLY_SECONDS, answer["access_token"])
    return answer["access_token"]


def _asked(credential: str) -> dict[str, Any]:
    try:
        known = json.loads(credential)
        form = {name: known[name] for name in NEEDED} | {"grant_type": "refresh_token"}
    except (ValueError, KeyError, TypeError):
        raise Stop(f"the stored Google credential is not a JSON object with {', '.join(NEEDED)}") from None
    answer = Connection(settings.GOOGLE_TOKEN_URL, "").call("POST", "token", data=form)
    body = answer.body if isinstance(answer.body, dict) else {}
    if body.get("access_token"):
        return body
    if body.get("error") and answer.status < 500:
        raise Stop(
            f"Google gives no access token: {body.get('error_description') or body['error']}", status=answer.status
        )
    raise NoAnswer(f"POST token: HTTP {answer.status} without a readable answer")
