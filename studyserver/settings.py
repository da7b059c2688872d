"""Settings of the study server.

Everything that differs between installations is read from the environment; each
variable is described in ``docs/settings.md``.
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


# The demo's music, models and study: part of the package where it is installed, in a checkout beside it.
_INSTALLED = (BASE_DIR / "studyserver" / "fixtures").is_dir()
FIXTURES_FOLDER = BASE_DIR / "studyserver" / "fixtures" if _INSTALLED else BASE_DIR / "fixtures"

# Where the site runs. Where it is installed, `BASE_DIR` holds other packages too, and no data.
HOME_FOLDER = Path.cwd() if _INSTALLED else BASE_DIR
# Where everything that is not code lives: database, uploaded music, clips, secret key.
DATA_FOLDER = Path(os.environ.get("DATA_FOLDER", HOME_FOLDER / "data")).absolute()
DATA_FOLDER.mkdir(parents=True, exist_ok=True)

DEBUG = _flag("DEBUG", False)
SECRET_KEY = os.environ.get("SECRET_KEY") or read_or_create_secret_key(DATA_FOLDER / "secret_key")
ALLOWED_HOSTS = _list("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = _list("CSRF_TRUSTED_ORIGINS", "")
HTTPS = _flag("HTTPS", False)
# HTTPS comes from a proxy, whose address is not that of the browser behind it.
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
    # A write transaction takes its lock when it begins; otherwise eight simultaneous writers
    # run into "database is locked" hundreds of times within seconds. FULL, because a receipt promises
    # that an answer outlives a power cut: with NORMAL the last transactions of the log may not.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # What is deleted is overwritten: annotators may ask for it, and files are copied.
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
AXES_VERBOSE = False  # its greeting on every command says nothing to anybody
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
# Filled when the site starts; what is not there comes from the source tree.
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

# How the explainer spreads work: "in-process", "processes" or "dask".
COMPUTE = os.environ.get("COMPUTE", "in-process")
COMPUTE_WORKERS = int(os.environ.get("COMPUTE_WORKERS", "2"))
DASK_ADDRESS = os.environ.get("DASK_ADDRESS", "")

MAXIMUM_TRACK_BYTES = int(os.environ.get("MAXIMUM_TRACK_BYTES", 100 * 1024 * 1024))
MAXIMUM_TRACK_SECONDS = float(os.environ.get("MAXIMUM_TRACK_SECONDS", 600))

# A folder of tracks is uploaded at once; the form of a long questionnaire has some twenty fields a question.
DATA_UPLOAD_MAX_NUMBER_FILES = 1_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000

# Of a zip archive of uploaded clips, packed and unpacked.
MAXIMUM_ARCHIVE_BYTES = int(os.environ.get("MAXIMUM_ARCHIVE_BYTES", 1024 * 1024 * 1024))

# Code from which music models may be made, beside the explainer's own: dotted paths, or prefixes that end
# in a dot.
MODEL_CODE = _list("MODEL_CODE", "")

# How many can join from one address within so many minutes; 0 for no limit.
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
