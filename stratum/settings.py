"""One file. Everything that differs between machines comes from the environment (or `.env`)."""

from __future__ import annotations

from pathlib import Path

import environ
import plotly
import structlog
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse_lazy

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
env.read_env(BASE_DIR / ".env")

DEFAULT_SECRET = "development-only-secret"  # noqa: S105
DEBUG = env.bool("DEBUG", False)
SECRET_KEY = env("SECRET_KEY", default=DEFAULT_SECRET)
STRATUM_DATA_KEYS = env.list("STRATUM_DATA_KEYS", default=[DEFAULT_SECRET])
if not DEBUG and DEFAULT_SECRET in (SECRET_KEY, *STRATUM_DATA_KEYS):
    raise ImproperlyConfigured("with DEBUG=0, SECRET_KEY and STRATUM_DATA_KEYS must be set to secrets of your own")

PUBLIC_URL = env("PUBLIC_URL", default="http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
META_GRAPH_URL = env("META_GRAPH_URL", default="https://graph.facebook.com").rstrip("/")
GOOGLE_DATA_MANAGER_URL = env("GOOGLE_DATA_MANAGER_URL", default="https://datamanager.googleapis.com").rstrip("/")
GOOGLE_ADS_URL = env("GOOGLE_ADS_URL", default="https://googleads.googleapis.com").rstrip("/")
GOOGLE_TOKEN_URL = env("GOOGLE_TOKEN_URL", default="https://oauth2.googleapis.com").rstrip("/")
HUBSPOT_API_URL = env("HUBSPOT_API_URL", default="https://api.hubapi.com").rstrip("/")

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "csp",
    "django_celery_beat",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "stratum",
    "stratum.core",
    "attribution",
    "sampler",
    "learning",
    "dashboard",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "stratum.core.middleware.RequestLog",
    "stratum.core.middleware.MachinePaths",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "stratum.core.middleware.CurrentWorkspace",
]

# Called by machines, many times a second: no session, no form token, no page headers on the way to these views.
MACHINE_PATHS = {"/webhooks/hubspot/": "attribution.webhooks.hubspot", "/collect": "attribution.views.collect"}

ROOT_URLCONF = "stratum.urls"
WSGI_APPLICATION = "stratum.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ]
        },
    }
]

# --- data ---------------------------------------------------------------------------------------------------------------
DATABASES = {"default": env.db("DATABASE_URL", default="postgres://stratum@127.0.0.1/stratum")}
DATABASES["default"] |= {
    "CONN_MAX_AGE": env.int("CONN_MAX_AGE", 60),
    "CONN_HEALTH_CHECKS": True,
    "OPTIONS": {
        # No statement runs long enough for compiling it to pay, and a prepared one is there to keep its plan.
        "options": "-c statement_timeout=60000 -c lock_timeout=10000 -c jit=off -c plan_cache_mode=force_generic_plan",
        "connect_timeout": 5,
        # Django's own cursors put parameters into the text and prepare nothing; this is for those that do (stratum/core/prepared.py).
        "prepare_threshold": 5,
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env("REDIS_URL", default="redis://127.0.0.1:6379")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": f"{REDIS_URL}/1"}}

# --- tasks: Postgres is the queue of record, Celery executes and wakes ----------------------------------------------------
CELERY_BROKER_URL = f"{REDIS_URL}/0"
CELERY_TASK_IGNORE_RESULT = True
# Acknowledged before it runs: a lost wake-up costs nothing, and a task that outlives its broker has nothing left to tell it.
CELERY_TASK_ACKS_LATE = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True  # late acknowledgements only, so it ends none of ours
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 600}
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 2
DJANGO_CELERY_BEAT_TZ_AWARE = True

# --- people -------------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "core.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "stratum.core.accounts.InvitedOnly"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "overview"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)

# --- pages --------------------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
STATIC_ROOT = None if DEBUG else BASE_DIR / ".stratum" / "static"
# plotly.js as the Python package ships it: figures are built with the same version that draws them.
STATICFILES_DIRS = [BASE_DIR / "static", ("plotly", Path(plotly.__file__).parent / "package_data")]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_MAX_AGE = (
    600  # names carry no hash while DEBUG is on; five megabytes of plotly.js need not come with every page
)
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024

# --- safety -------------------------------------------------------------------------------------------------------------
HTTPS = PUBLIC_URL.startswith("https://")
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", False) else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": ["/admin/", "/api/docs/"],
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    },
}

# --- API ----------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "stratum.core.api.authentication.KeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["stratum.core.api.authentication.HasVerb"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["stratum.core.api.parsers.BoundedJson"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "stratum.core.api.problems.as_problem",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Stratum",
    "DESCRIPTION": "Return on ad spend from CRM revenue to ad budget. Money is a decimal string with its currency beside it.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "stratum.core.api.openapi.document_problems",
    ],
}

# --- admin --------------------------------------------------------------------------------------------------------------
UNFOLD = {
    "SITE_TITLE": "Stratum",
    "SITE_HEADER": "Stratum",
    "SITE_SUBHEADER": "Review and settings",
    "SITE_URL": "/",
    "SHOW_HISTORY": True,
    "SIDEBAR": {
        "show_all_applications": True,
        "navigation": [
            {
                "title": "Review",
                "items": [
                    {
                        "title": "Budget changes",
                        "icon": "rule",
                        "link": reverse_lazy("admin:sampler_change_changelist"),
                    },
                    {
                        "title": "Dead letters",
                        "icon": "mark_email_unread",
                        "link": reverse_lazy("admin:attribution_deadletter_changelist"),
                    },
                    {
                        "title": "Conversions",
                        "icon": "send",
                        "link": reverse_lazy("admin:attribution_conversionevent_changelist"),
                    },
                ],
            }
        ],
    },
}

# --- logs ---------------------------------------------------------------------------------------------------------------
LOG_SHAPE = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
structlog.configure(
    processors=[*LOG_SHAPE, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processor": structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
            if DEBUG
            else structlog.processors.JSONRenderer(),
            "foreign_pre_chain": LOG_SHAPE,
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env("LOG_LEVEL", default="INFO")},
    "loggers": {
        name: {"level": "WARNING"}
        for name in (
            "celery.beat",
            "celery.worker.strategy",
            "celery.app.trace",
            "celery.worker.request",
            "urllib3",
            "django.request",
        )
    },
}
