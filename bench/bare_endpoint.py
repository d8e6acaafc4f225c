"""The yardstick: the least Django that can take a signed webhook. Checks the v3 signature and stores the raw body in one commit.

No middleware, and nothing of Stratum: it stands for what Django, gunicorn and PostgreSQL cost by themselves.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import time

import environ
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

PATH = "webhooks/hubspot/"
URI = f"{os.environ['PUBLIC_URL']}/{PATH}".encode()
SECRET = os.environ["BENCH_SECRET"].encode()
INSERT = "INSERT INTO bare_delivery (body) VALUES (%s)"

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    DATABASES={"default": environ.Env().db("DATABASE_URL") | {"CONN_MAX_AGE": 60}},
    DATA_UPLOAD_MAX_MEMORY_SIZE=16 * 1024 * 1024,
    ROOT_URLCONF=__name__,
    SECRET_KEY="unused",
)
application = get_wsgi_application()


def receive(request: HttpRequest) -> HttpResponse:
    timestamp = request.headers["X-HubSpot-Request-Timestamp"]
    signature = base64.b64encode(
        hmac.digest(SECRET, b"POST" + URI + request.body + timestamp.encode(), hashlib.sha256)
    ).decode()
    is_fresh = abs(time.time() * 1000 - int(timestamp)) < 300_000
    if not is_fresh or not hmac.compare_digest(signature, request.headers["X-HubSpot-Signature-v3"]):
        return HttpResponse(status=401)
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [request.body])
    # Without a length gunicorn answers in chunks; Django's own middleware would add it.
    return HttpResponse("ok", headers={"Content-Length": "2"})


urlpatterns = [path(PATH, receive)]
