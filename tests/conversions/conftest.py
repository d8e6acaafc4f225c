"""A data set and a conversion action of the sandbox, and deals with people behind them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from attribution.actions.conversions.connect_destination import connect_destination
from attribution.actions.conversions.queue_conversions import queue_conversions
from attribution.actions.conversions.send_conversions import send_conversions
from attribution.models import Contact, ConversionDestination, ConversionEvent, Deal, StageChange
from stratum.sandbox import Sandbox, SandboxConfig

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
DATASET = "880011223344556"


@pytest.fixture(scope="module")
def market() -> Iterator[Sandbox]:
    config = SandboxConfig(history_days=1, now=NOW.isoformat(), deliver_history=False, async_seconds=0.1)
    with Sandbox(config).start() as sandbox:
        yield sandbox


@pytest.fixture
def platform(market: Sandbox, settings: Any) -> Iterator[Sandbox]:
    settings.META_GRAPH_URL = settings.GOOGLE_DATA_MANAGER_URL = settings.GOOGLE_TOKEN_URL = market.graph_url
    market.faults.clear()
    market.conversions.clear()
    market.ingested.clear()
    yield market
    market.faults.clear()


@pytest.fixture
def meta(workspace: Any, platform: Sandbox) -> ConversionDestination:
    return connect_destination(
        workspace, actor="test", platform="meta", name="Pixel", external_id=DATASET, default_region="US", dry_run=False, created_at=NOW,
        access_token=platform.config.access_token, stage_events={"lead": "Lead", "qualified": "Qualified", "won": "Closed won"},
    )  # fmt: skip


@pytest.fixture
def google(workspace: Any, platform: Sandbox) -> ConversionDestination:
    return connect_destination(
        workspace, actor="test", platform="google", name="Offline sales", external_id="123-456-7890", conversion_action_id="77", created_at=NOW,
        access_token=platform.config.access_token, default_region="US", dry_run=False, stage_events={"lead": "", "won": "Closed won"},
    )  # fmt: skip


def person(workspace: Any, number: int = 0, **changes: Any) -> Contact:
    known = {
        "email": f"Mary{number}@example.com",
        "phone": "(650) 555-1212",
        "first_name": "Mary",
        "country": "US",
        "consent": 2,
    }
    return Contact.objects.create(workspace=workspace, external_id=f"c{number}", updated_at=NOW, **{**known, **changes})  # fmt: skip


def won_deal(workspace: Any, number: int = 0, *, hours_ago: float = 5, contact: Contact | None = None, **changes: Any) -> Deal:  # fmt: skip
    """A lead that came, was qualified and was won within two hours."""
    came = NOW - timedelta(hours=hours_ago)
    known = {
        "amount": 12_550,
        "is_won": True,
        "is_closed": True,
        "revision": 3,
        "contact": contact or person(workspace, number),
    }
    deal = Deal.objects.create(
        workspace=workspace, external_id=f"d{number}", created_at=came, updated_at=came, **{**known, **changes}
    )
    for stage, hours in (("qualified", 1), ("won", 2)):
        at = came + timedelta(hours=hours)
        StageChange.objects.create(
            workspace=workspace, deal=deal, pipeline_id="default", stage_id=stage, is_won=stage == "won", occurred_at=at
        )
    return deal


def tell(destination: ConversionDestination, now: datetime = NOW) -> dict[str, int]:
    """Queue and send, as the heartbeat does."""
    queue_conversions(destination, now=now)
    return send_conversions(destination, now=now)


def statuses() -> dict[str, str]:
    """Status by event name, for one deal's events."""
    return dict(ConversionEvent.objects.values_list("name", "status"))


def queued(destination: ConversionDestination, count: int, **changes: Any) -> list[ConversionEvent]:
    """Events of as many people, without the pipeline behind them."""
    workspace = destination.workspace
    deals = [
        Deal(workspace=workspace, external_id=f"q{n}", created_at=NOW - timedelta(hours=2), updated_at=NOW, contact=contact)
        for n, contact in enumerate(Contact.objects.bulk_create([
            Contact(workspace=workspace, external_id=f"q{n}", updated_at=NOW, email=f"joe{n}@example.com", consent=2) for n in range(count)
        ]))
    ]  # fmt: skip
    rows = [
        ConversionEvent(
            workspace=workspace, destination=destination, deal=deal, event_id=f"q{n:04}", queued_at=NOW, due_at=NOW - timedelta(days=30),
            **{"name": "Qualified", "occurred_at": NOW - timedelta(hours=1), **changes},
        )
        for n, deal in enumerate(Deal.objects.bulk_create(deals))
    ]  # fmt: skip
    return ConversionEvent.objects.bulk_create(rows)
