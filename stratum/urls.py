from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from attribution import webhooks
from attribution.message_webhooks import messages
from attribution.views import collect, go, tag
from stratum import api
from stratum.core.health import healthz, readyz

urlpatterns = [
    path("api/", include(api.urlpatterns)),
    path("", include("dashboard.urls")),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.account.urls")),
    path("webhooks/hubspot/", webhooks.hubspot, name="hubspot-webhook"),
    path("webhooks/email/<slug:provider>/", messages, {"channel": "email"}, name="email-webhook"),
    path("webhooks/sms/<slug:provider>/", messages, {"channel": "sms"}, name="sms-webhook"),
    path("t.js", tag, name="tag"),
    path("collect", collect, name="collect"),
    path("go/<str:token>", go, name="go"),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
    path("favicon.ico", RedirectView.as_view(url=f"{settings.STATIC_URL}mark.svg", permanent=True)),
    path("healthz", healthz),
    path("readyz", readyz),
]
