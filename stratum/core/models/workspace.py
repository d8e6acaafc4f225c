from __future__ import annotations

import secrets

from django.db import models
from django.utils.text import slugify


def new_write_key() -> str:
    return "wk_" + secrets.token_hex(12)


def new_key_prefix() -> str:
    return secrets.token_hex(4)


class Workspace(models.Model):
    """A tenant: one business with its ad accounts, its CRM, and its money."""

    class RevenueSource(models.TextChoices):
        CRM = "crm", "CRM deals, attributed by Stratum"
        PLATFORM = "platform", "Conversion value as the ad platform reports it"

    name = models.CharField(max_length=120, unique=True)
    slug = models.SlugField(max_length=60, unique=True)
    currency = models.CharField(max_length=3, default="USD")
    timezone = models.CharField(max_length=64, default="UTC")
    revenue_source = models.CharField(max_length=10, choices=RevenueSource, default=RevenueSource.CRM)
    write_key = models.CharField(max_length=40, unique=True, default=new_write_key)
    key_prefix = models.CharField(max_length=12, unique=True, default=new_key_prefix)
    halted_at = models.DateTimeField(null=True, editable=False, help_text="Since then nothing is sent.")
    halted_because = models.CharField(max_length=240, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name

    @property
    def results(self) -> str:
        """What clicks bring here, as all pages call it: the CRM's leads, or the platform's conversions."""
        return "leads" if self.revenue_source == self.RevenueSource.CRM else "conversions"

    @classmethod
    def named(cls, name: str) -> Workspace:
        """The workspace with this name or slug; Workspace.DoesNotExist otherwise."""
        return cls.objects.get(models.Q(name=name) | models.Q(slug=slugify(name)))
