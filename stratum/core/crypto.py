"""Secrets at rest, and keyed hashes for identifiers that only need to be compared."""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


@lru_cache(maxsize=4096)
def _derive(key: str, purpose: str) -> bytes:
    return hashlib.blake2b(purpose.encode(), key=hashlib.sha256(key.encode()).digest(), digest_size=32).digest()


@lru_cache(maxsize=1)
def _box(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_derive(key, "encrypt"))) for key in keys])


def encrypt(text: str) -> str:
    return _box(tuple(settings.STRATUM_DATA_KEYS)).encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    """The plain text; ValueError when none of STRATUM_DATA_KEYS fits (a key was dropped before its rows were re-encrypted)."""
    try:
        return _box(tuple(settings.STRATUM_DATA_KEYS)).decrypt(token.encode()).decode()
    except InvalidToken as problem:
        raise ValueError(
            "a stored secret cannot be read with STRATUM_DATA_KEYS: put the older key back behind the newest"
        ) from problem


def keyed_hash(workspace_id: int, purpose: str, value: str) -> bytes:
    """32 bytes that stand for an e-mail, phone, IP or fingerprint inside one workspace; hashes of two workspaces never meet.

    Keyed with the oldest of STRATUM_DATA_KEYS, because rotating the newest one must not orphan what was collected before.
    """
    key = _derive(settings.STRATUM_DATA_KEYS[-1], f"hash:{workspace_id}:{purpose}")
    return hmac.digest(key, value.encode(), "sha256")


class EncryptedText(models.TextField):
    """Text that the database only ever sees encrypted. Empty stays empty."""

    def from_db_value(self, value: str | None, expression: object, connection: object) -> str | None:
        return decrypt(value) if value else value

    def save_form_data(self, instance: models.Model, data: str | None) -> None:
        """A form never shows the secret, so a field that was left empty keeps the one that is stored."""
        if data:
            super().save_form_data(instance, data)

    def get_prep_value(self, value: str | None) -> str | None:
        return encrypt(value) if value else value
