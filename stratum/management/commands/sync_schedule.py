from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from stratum.schedule import SCHEDULE


class Command(BaseCommand):
    help = "Writes stratum/schedule.py into the beat's tables. Rows that somebody switched off stay off."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        for beat in SCHEDULE:
            interval, _ = IntervalSchedule.objects.get_or_create(
                every=beat.every_seconds, period=IntervalSchedule.SECONDS
            )
            # A message that waited longer than a few beats says nothing that the next one does not.
            values = {"task": beat.task, "interval": interval, "expire_seconds": max(4 * beat.every_seconds, 30)}
            PeriodicTask.objects.update_or_create(name=beat.name, defaults=values)
        ours = [beat.name for beat in SCHEDULE]
        PeriodicTask.objects.exclude(name__in=ours).exclude(name__startswith="celery.").delete()
        self.stdout.write(f"{len(ours)} beats in the schedule.")
