from __future__ import annotations

from django.core.management import call_command
from django_celery_beat.models import PeriodicTask

from stratum.celery import app
from stratum.core.jobs import for_each_alone, only_one
from stratum.schedule import SCHEDULE


def test_every_beat_names_a_task_that_exists():
    app.loader.import_default_modules()
    assert {beat.task for beat in SCHEDULE} <= set(app.tasks)


def test_what_somebody_switched_off_stays_off_and_what_left_the_page_goes(db):
    call_command("sync_schedule")
    PeriodicTask.objects.filter(name=SCHEDULE[0].name).update(enabled=False)
    PeriodicTask.objects.filter(name=SCHEDULE[1].name).update(name="an older beat")
    call_command("sync_schedule")
    enabled = dict(PeriodicTask.objects.exclude(name__startswith="celery.").values_list("name", "enabled"))
    assert enabled == {beat.name: beat != SCHEDULE[0] for beat in SCHEDULE}


def test_a_lock_is_held_once_and_freed_after(db):
    with only_one("a job") as first:
        assert first
    with only_one("a job") as again:
        assert again


def test_one_rows_failure_does_not_stop_the_others(workspace):
    done = []

    def work(row):
        if row is workspace and not done:
            done.append("failed")
            raise RuntimeError("this one fails")
        done.append(row.name)

    for_each_alone("test", [workspace, workspace], work)
    assert done == ["failed", "Acme"]
