"""Message links as signed text: nobody can change where one leads or whom it names, and nothing is stored until it is clicked."""

from __future__ import annotations

from dataclasses import astuple

from django.conf import settings
from django.core import signing

from attribution.domain.message_links import IDENTIFIES_FOR, MessageLink

SALT = "stratum.message-link"


def _signer() -> signing.TimestampSigner:
    newest, *older = settings.STRATUM_DATA_KEYS
    return signing.TimestampSigner(key=newest, fallback_keys=older, salt=SALT)


def make_token(link: MessageLink) -> str:
    return _signer().sign_object(astuple(link), compress=True)


def read_token(token: str) -> tuple[MessageLink, bool] | None:
    """The link, and whether it is young enough to identify; None when we did not make it."""
    signer = _signer()
    try:
        return MessageLink(*signer.unsign_object(token, max_age=IDENTIFIES_FOR)), True
    except signing.SignatureExpired:
        return MessageLink(*signer.unsign_object(token)), False
    except (signing.BadSignature, ValueError, TypeError):
        return None
