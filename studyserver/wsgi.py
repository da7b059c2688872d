"""The WSGI entry point of the study server."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studyserver.settings")

application = get_wsgi_application()
