"""Settings of the study server.

Everything that differs between installations is read from environment variables, which
``docs/settings.md`` describes.
"""

import os
from pathlib import Path

import dj_database_url
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from .secrets import read_or_create_secret_key

BASE_DIR = Path(__file__).resolve().parent.parent


def _flag(name: str, default: bool) -> bool:
    return os.environ.get(name, str(int(default))).strip().lower() in {"1", "true", "yes", "on"}


def _list(name: str, default: str) -> list[str]:
    return [item.strip() for item in os.environ.get(name, default).split(",") if item.strip()]


# The demo's music, models and study: inside the package if it is installed, beside it in a checkout.
_INSTALLED = (BASE_DIR / "studyserver" / "fixtures").is_dir()
FIXTURES_FOLDER = BASE_DIR / "studyserver" / "fixtures" if _INSTALLED else BASE_DIR / "fixtures"

# Working directory of the site. If the package is installed, `BASE_DIR` is the folder of all packages.
HOME_FOLDER = Path.cwd() if _INSTALLED else BASE_DIR
# Folder of all data: database, uploaded music, clips, secret key.
DATA_FOLDER = Path(os.environ.get("DATA_FOLDER", HOME_FOLDER / "data")).absolute()
DATA_FOLDER.mkdir(parents=True, exist_ok=True)

DEBUG = _flag("DEBUG", False)
SECRET_KEY = os.environ.get("SECRET_KEY") or read_or_create_secret_key(DATA_FOLDER / "secret_key")
ALLOWED_HOSTS = _list("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = _list("CSRF_TRUSTED_ORIGINS", "")
HTTPS = _flag("HTTPS", False)
# HTTPS is provided by a proxy, so the address of the connection is the proxy's, not the browser's.
TRUSTED_PROXIES = int(os.environ.get("TRUSTED_PROXIES", int(HTTPS)))

INSTALLED_APPS = [
    "studyserver.admin_site.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_tasks",
    "django_tasks_db",
    "explainer",
    "studyserver.study",
    "studyserver.results",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "studyserver.odd_addresses.RefuseOddAddresses",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "studyserver.urls"
WSGI_APPLICATION = "studyserver.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "studyserver" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {
    "default": dj_database_url.config(
        default=f"sqlite:///{DATA_FOLDER / 'database.sqlite3'}", conn_max_age=60, conn_health_checks=True
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE: a write transaction takes its lock at the beginning; otherwise eight simultaneous writers get
    # "database is locked" hundreds of times within seconds. FULL: a receipt promises that an answer survives
    # a power failure; with NORMAL the last transactions can be lost.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # Deleted rows are overwritten, because annotators can ask for deletion and database files are copied.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AXES_VERBOSE = False  # no message of the package at every command
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 1  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "studyserver.client_address.client_address"
LOGIN_URL = "admin:login"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("de", _("German")), ("es", _("Spanish"))]
LOCALE_PATHS = [BASE_DIR / "studyserver" / "study" / "locale"]
TIME_ZONE = os.environ.get("TIME_ZONE", "UTC")
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
# Filled when the site starts; missing files are read from the source tree.
STATIC_ROOT = DATA_FOLDER / "static"
STATIC_ROOT.mkdir(exist_ok=True)
MEDIA_ROOT = DATA_FOLDER / "files"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "studyserver.static_files.HashedFiles"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default"]}}

# How the explainer distributes work: "in-process", "processes" or "dask".
COMPUTE = os.environ.get("COMPUTE", "in-process")
COMPUTE_WORKERS = int(os.environ.get("COMPUTE_WORKERS", "2"))
DASK_ADDRESS = os.environ.get("DASK_ADDRESS", "")

MAXIMUM_TRACK_BYTES = int(os.environ.get("MAXIMUM_TRACK_BYTES", 100 * 1024 * 1024))
MAXIMUM_TRACK_SECONDS = float(os.environ.get("MAXIMUM_TRACK_SECONDS", 600))

# A folder of tracks is one upload; the form of a long questionnaire has about twenty fields per question.
DATA_UPLOAD_MAX_NUMBER_FILES = 1_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000

# Limit of a zip archive of uploaded clips, packed and unpacked.
MAXIMUM_ARCHIVE_BYTES = int(os.environ.get("MAXIMUM_ARCHIVE_BYTES", 1024 * 1024 * 1024))

# Code of music models that is allowed in addition to the explainer's own: dotted paths, or prefixes that end
# with a dot.
MODEL_CODE = _list("MODEL_CODE", "")

# Maximum number of joins from one address within JOINS_MINUTES; 0 for no limit.
JOINS_PER_ADDRESS = int(os.environ.get("JOINS_PER_ADDRESS", "60"))
JOINS_MINUTES = int(os.environ.get("JOINS_MINUTES", "10"))

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "media-src": [SELF, "blob:"],
        "connect-src": [SELF],
        "worker-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "INFO")},
}
