"""Many rounds with a bad line to Meta, and several workers at once: what must hold whatever goes wrong."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from django.db import connection

from attribution.actions.conversions.connect_destination import connect_destination
from attribution.actions.conversions.send_conversions import send_conversions
from attribution.domain.conversions import states
from attribution.models import ConversionDestination, ConversionEvent
from stratum.core.actions.make_workspace import make_workspace
from stratum.core.tenancy import in_workspace
from tests.conversions.conftest import DATASET, NOW, queued

ROUNDS = 60
FAULTS = {"html_502": 0.1, "html_200": 0.05, "timeout_after_apply": 0.15, "capi_not_ready": 0.1, "rate_limit": 0.1, "outer_200_error": 0.1}  # fmt: skip


def arrived(platform):
    return Counter(event["event_id"] for event in platform.conversions)


def test_no_fault_tells_twice_or_loses_silently(meta, platform):
    rows = queued(meta, 240)
    bad = {row.pk for row in rows[::17]}
    ConversionEvent.objects.filter(pk__in=bad).update(name="Odd")
    platform.faults.add("refuse_event", event="Odd", times=None)
    for name, probability in FAULTS.items():
        platform.faults.add(name, probability=probability, times=None, path="/events")
    for start in range(0, 240, 4):  # four come due a round
        ConversionEvent.objects.filter(pk__in=[row.pk for row in rows[start + 4 :]]).update(due_at=NOW + timedelta(days=3650))  # fmt: skip
        ConversionEvent.objects.filter(pk__in=[row.pk for row in rows[start : start + 4]]).update(due_at=NOW - timedelta(days=1))  # fmt: skip
        ConversionDestination.objects.update(waits_until=None)
        send_conversions(meta, now=NOW)
    platform.faults.clear()
    platform.faults.add("refuse_event", event="Odd", times=None)
    ConversionDestination.objects.update(waits_until=None)
    send_conversions(meta, now=NOW)
    meta.refresh_from_db()
    assert not meta.stopped_because
    book, status = arrived(platform), dict(ConversionEvent.objects.values_list("event_id", "status"))
    assert max(book.values()) == 1, "nothing arrived twice"
    assert set(status.values()) == {states.SENT, states.DEAD, states.UNKNOWN}
    assert {one for one, state in status.items() if state == states.SENT} <= book.keys()
    assert not {one for one, state in status.items() if state == states.DEAD} & book.keys()
    assert set(ConversionEvent.objects.filter(status=states.DEAD).values_list("pk", flat=True)) <= bad
    assert all(status[one] in (states.SENT, states.UNKNOWN) for one in book)
    assert Counter(status.values())[states.SENT] > 60


def test_workers_at_once_send_every_event_once(transactional_db, platform):
    workspace = make_workspace(name="Acme")
    with in_workspace(workspace):
        meta = connect_destination(workspace, actor="test", platform="meta", name="Pixel", external_id=DATASET, dry_run=False, created_at=NOW,
                                   access_token=platform.config.access_token)  # fmt: skip
        queued(meta, 1500)

        def work(_):
            try:
                with in_workspace(workspace):
                    return send_conversions(ConversionDestination.objects.get(pk=meta.pk), now=NOW)
            finally:
                connection.close()

        with ThreadPoolExecutor(6) as threads:
            ended = list(threads.map(work, range(6)))
        assert sum(one.get("sent", 0) for one in ended) == 1500
        assert max(arrived(platform).values()) == 1 and len(arrived(platform)) == 1500
        assert ConversionEvent.objects.filter(status=states.SENT, attempts=1).count() == 1500
