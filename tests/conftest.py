from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import settings

from attribution.connections import forget_portals
from stratum.celery import app
from stratum.core.actions.make_workspace import make_workspace
from stratum.core.models import Workspace
from stratum.core.tenancy import in_workspace

# The same examples in every run, so that a run says something about the change; HYPOTHESIS_PROFILE=default looks for new ones.
settings.register_profile("steady", derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


@pytest.fixture(autouse=True)
def _portals_are_read_anew() -> Iterator[None]:
    forget_portals()
    yield
    forget_portals()


@pytest.fixture(autouse=True)
def _no_request_is_on_its_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sandbox has done a request, or lost it, by the time that a test reads back."""
    monkeypatch.setattr("sampler.actions.settle_change.ON_ITS_WAY", timedelta(0))


@pytest.fixture(autouse=True)
def _tasks_run_where_they_are_woken() -> Iterator[None]:
    app.conf.task_always_eager = app.conf.task_eager_propagates = True
    yield
    app.conf.task_always_eager = app.conf.task_eager_propagates = False


@pytest.fixture
def workspace(db: None) -> Iterator[Workspace]:
    made = make_workspace(name="Acme", timezone="America/New_York")
    with in_workspace(made):
        yield made
