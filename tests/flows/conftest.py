from __future__ import annotations

import pytest

from attribution.models import CrmConnection
from stratum.core.models import Ad
from tests.flows.crm import Crm
from tests.town import Town, town

__all__ = ["town"]


@pytest.fixture
def crm(town: Town) -> Crm:
    return Crm(town)


@pytest.fixture
def ad(town: Town) -> Ad:
    return Ad.objects.filter(status="ACTIVE").order_by("id")[0]


@pytest.fixture
def portal(town: Town) -> CrmConnection:
    return CrmConnection.objects.get()
