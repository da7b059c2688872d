"""The WSGI entry point of the study server."""

import os

import django
from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application


def _application() -> WSGIHandler:
    """Return the application. It reads the list of static files once, so they are collected before."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studyserver.settings")
    django.setup()
    from .static_files import collect_static_files

    collect_static_files()
    return get_wsgi_application()


application = _application()
