from __future__ import annotations

from collections.abc import Iterator

import pytest

from attribution.connections import forget_portals
from stratum.core.actions.make_workspace import make_workspace
from stratum.core.models import Workspace
from stratum.core.tenancy import in_workspace


@pytest.fixture(autouse=True)
def _portals_are_read_anew() -> Iterator[None]:
    forget_portals()
    yield
    forget_portals()


@pytest.fixture
def workspace(db: None) -> Iterator[Workspace]:
    made = make_workspace(name="Acme", timezone="America/New_York")
    with in_workspace(made):
        yield made
