"""How a workspace collects touches of its own channels."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models

from attribution.domain.bots import read_networks
from attribution.domain.message_links import read_hosts
from stratum.core.tenancy import WorkspaceOwned


def _hosts(text: str) -> None:
    try:
        read_hosts(text)
    except ValueError as problem:
        raise ValidationError(str(problem)) from None


def _networks(text: str) -> None:
    try:
        read_networks(text)
    except ValueError as problem:
        raise ValidationError(str(problem)) from None


class CollectionSettings(WorkspaceOwned):
    link_hosts = models.TextField(
        blank=True,
        validators=[_hosts],
        help_text="Where links of messages may lead, one host a line, such as shop.example. Nowhere else, and without any nowhere.",
    )
    bot_networks = models.TextField(
        blank=True,
        validators=[_networks],
        help_text="Networks that no person calls from, one a line, such as 203.0.113.0/24. Large hosters are known already.",
    )

    class Meta(WorkspaceOwned.Meta):
        verbose_name_plural = "collection settings"
        constraints = [models.UniqueConstraint(fields=["workspace"], name="collection_settings_once")]

    def __str__(self) -> str:
        return "Collection settings"
