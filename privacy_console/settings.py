"""One settings file; everything that differs between places comes from the environment or `.env`."""

from __future__ import annotations

import hashlib
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from privacy_console.theme import UNFOLD  # noqa: F401

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

env = environ.Env(
    DEBUG=(bool, False),
    SECRET_KEY=(str, ""),
    ALLOWED_HOSTS=(list, []),
    CSRF_TRUSTED_ORIGINS=(list, []),
    TRUSTED_PROXIES=(int, 0),
    SECURE_HSTS_SECONDS=(int, 31_536_000),
    LOG_LEVEL=(str, "INFO"),
    TIME_ZONE=(str, "UTC"),
    MAIL_FROM=(str, "privacy-console@localhost"),
    CONSOLE_URL=(str, ""),
)
env.read_env(BASE_DIR / ".env")

DEBUG = env("DEBUG")
SECRET_KEY = env("SECRET_KEY")
if not SECRET_KEY or (not DEBUG and (len(SECRET_KEY) < 50 or SECRET_KEY.startswith("django-insecure"))):
    raise ImproperlyConfigured(
        "SECRET_KEY is missing, too short or a default. Set the environment variable SECRET_KEY (or the line in .env) "
        'to at least 50 random characters, for example: python3 -c "import secrets; print(secrets.token_urlsafe(50))". '
        "For development set DEBUG=true, or use ./console run, which makes its own."
    )
ALLOWED_HOSTS = env("ALLOWED_HOSTS") or (["localhost", "127.0.0.1", "[::1]"] if DEBUG else [])
CSRF_TRUSTED_ORIGINS = env("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "privacy_console.admin.ConsoleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "simple_history",
    "csp",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_tasks",
    "django_tasks_db",
    "privacy_console",
    "audit",
    "tenants",
    "work",
    "catalog",
    "elections",
    "consents",
    "terms",
    "residency",
    "portal",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "privacy_console.policy.PolicyMiddleware",
    "privacy_console.outage.OutageMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "tenants.middleware.DoorMiddleware",
]
ROOT_URLCONF = "privacy_console.urls"
WSGI_APPLICATION = "privacy_console.wsgi.application"
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
            ],
        },
    },
]

# --- Database: SQLite in a file by default, PostgreSQL where DATABASE_URL says so --------------------------
BACKENDS = {
    "django.db.backends.sqlite3": "audit.backends.sqlite3",
    "django.db.backends.postgresql": "audit.backends.postgresql",
}
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    # Triggers make SQLite note what each statement changed: in memory, not in a file. A checkpoint every 64 MB.
    "init_command": "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY;"
    " PRAGMA cache_size = -64000; PRAGMA wal_autocheckpoint = 16000; PRAGMA journal_size_limit = 67108864;",
}
database = env.db("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'console.sqlite3'}")
if database["ENGINE"] not in BACKENDS:
    raise ImproperlyConfigured(
        f"DATABASE_URL names {database['ENGINE']!r}; use sqlite:///path/to/file or postgres://user:password@host/name."
    )
if database["ENGINE"] == "django.db.backends.sqlite3":
    database["OPTIONS"] = SQLITE_OPTIONS | database.get("OPTIONS", {})
    # A file, not memory: threaded tests need one that several connections can open.
    database["TEST"] = {"NAME": env.str("TEST_SQLITE", default=str(VAR_DIR / "test.sqlite3"))}
else:
    database["CONN_HEALTH_CHECKS"] = True
    # A server that does not answer at all: say so in seconds, where the system would wait for minutes.
    database["OPTIONS"] = {"connect_timeout": 5} | database.get("OPTIONS", {})
# A new connection for each request costs several times what the request does: SQLite reads all triggers anew.
database["CONN_MAX_AGE"] = database.get("CONN_MAX_AGE", 60)
database["ENGINE"] = BACKENDS[database["ENGINE"]]
DATABASES = {"default": database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- People ------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "tenants.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
# How many proxies in front add to X-Forwarded-For; 0 trusts none.
TRUSTED_PROXIES = env("TRUSTED_PROXIES")

# --- Language and time: everything is stored and answered in UTC -------------------------------------------
LANGUAGE_CODE = "en"
TIME_ZONE = env("TIME_ZONE")
USE_I18N = True
USE_TZ = True

# --- Files -------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (
    "jpg", "jpeg", "png", "gif", "webp", "zip", "gz", "br", "woff", "woff2", "map"
)  # fmt: skip

# --- Security ----------------------------------------------------------------------------------------------
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "portal.views.stale.stale_form"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
if not DEBUG:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
    SECURE_HSTS_SECONDS = env("SECURE_HSTS_SECONDS")
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    if TRUSTED_PROXIES:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- Audit -------------------------------------------------------------------------------------------------
SIMPLE_HISTORY_DATE_INDEX = False
# Models of others that leave no record of their own, and why.
AUDIT_EXEMPT = {
    "auth.permission": "Generated from the models by every migration.",
    "auth.group": "Not used: roles are fixed and stand in tenants/roles.py.",
    "auth.group_permissions": "Not used: roles are fixed and stand in tenants/roles.py.",
    "contenttypes.contenttype": "Generated from the models by every migration.",
    "sessions.session": "Short-lived; signing in and out are events of the timeline.",
    "django_tasks_database.dbtaskresult": "The queue of work to do; each deed that is done leaves its own record.",
    "admin.logentry": "Not written: the timeline records what the admin pages do.",
}

# --- Decisions ---------------------------------------------------------------------------------------------
# Where answers wait for the trail, on this machine's own disk; kept until `drain_decisions` has carried them there.
# Of each database its own, so that what was asked of one never gets into the trail of another.
_database = "|".join(str(database.get(name, "")) for name in ("ENGINE", "HOST", "PORT", "NAME", "OPTIONS"))
DECISION_SPOOL = env.path(
    "DECISION_SPOOL",
    default=str(VAR_DIR / "decisions" / hashlib.sha256(_database.encode()).hexdigest()[:16]),
)

# --- Work and mail -----------------------------------------------------------------------------------------
# The queue is a table of the database. Each job has a queue of its own: no list of their names here.
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": []}}
# Without a mail server, development writes each message to a file; for real use they wait, and the job says why.
EMAIL_BACKEND = "work.backends.MailFolder" if DEBUG else "work.backends.NoMailServer"
MAIL_FOLDER = VAR_DIR / "mail"
EMAIL_TIMEOUT = 20
if env.str("EMAIL_URL", default=""):
    vars().update(env.email("EMAIL_URL"))
DEFAULT_FROM_EMAIL = env("MAIL_FROM")
# Where links in e-mails lead: the address by which people reach the console. Without it they name the page only.
CONSOLE_URL = env("CONSOLE_URL").rstrip("/") or ("http://127.0.0.1:8000" if DEBUG else "")

# What receipts are signed with: 32 bytes in base64, or a file that is made at the first use. Several servers share one.
SIGNING_KEY = env.str("SIGNING_KEY", default="")
SIGNING_KEY_FILE = VAR_DIR / "signing_key"
# Hosts of identity providers inside our own network, which tenants' administrators could not make us ask otherwise.
PROVIDERS_INSIDE = env.list("PROVIDERS_INSIDE", default=[])

# --- API ---------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["privacy_console.rest.parsing.ConsoleJSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "tenants.api.authentication.TokenAuthentication",
        "tenants.api.authentication.BrowserSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["tenants.api.permissions.MayDo"],
    "DEFAULT_SCHEMA_CLASS": "privacy_console.rest.schema.ConsoleSchema",
    "DEFAULT_PAGINATION_CLASS": "privacy_console.rest.pagination.ConsoleCursorPagination",
    "DEFAULT_FILTER_BACKENDS": ["privacy_console.rest.filters.DeclaredFilterBackend"],
    "EXCEPTION_HANDLER": "privacy_console.rest.problems.exception_handler",
    "DEFAULT_METADATA_CLASS": None,
    "URL_FORMAT_OVERRIDE": None,
    "UNAUTHENTICATED_USER": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Privacy Console",
    "DESCRIPTION": "What a device-management service collects, where it flows, who agreed to it, and who says so. "
    "Send `Authorization: Bearer <token>`; lists are pages (`results`, `next`, `previous`); errors are problem "
    "documents (RFC 9457); what is not described here is refused.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "COMPONENT_SPLIT_REQUEST": True,
    "COMPONENT_SPLIT_PATCH": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": ["privacy_console.rest.schema.without_marks"],
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env("LOG_LEVEL")},
}
