import os

from celery import Celery
from kombu.transport.redis import Channel

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stratum.settings")

app = Celery("stratum")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# A message is only a wake-up, so none is handed back. When the broker is gone, kombu 5.7 fails at that, and the failure
# ends the worker instead of reconnecting it.
Channel.do_restore = False
