"""Distinguish the devices of one annotator by a random number in a cookie.

The cookie belongs to one annotator and is sent to this annotator's addresses only, so that it cannot connect
different participations.
"""

import re

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from studyserver.study.models import Annotator
from studyserver.study.models.identifiers import random_token

COOKIE = "device"
_TOKEN = re.compile(r"[\w-]{22}", re.ASCII)


def device_of(request: HttpRequest) -> str:
    """Return the random number of a request's device; a new number if it has none yet."""
    if not hasattr(request, "_device"):
        known = request.COOKIES.get(COOKIE, "")
        request._device = known if _TOKEN.fullmatch(known) else random_token()
    return request._device


def remember_device(request: HttpRequest, response: HttpResponse, annotator: Annotator) -> HttpResponse:
    """Set the cookie of a new device, for as long as the session can be continued."""
    if request.COOKIES.get(COOKIE) != device_of(request):
        response.set_cookie(
            COOKIE,
            device_of(request),
            max_age=annotator.study.resume_days * 86_400,
            path=reverse("study:resume", args=[annotator.token]),
            httponly=True,
            samesite="Lax",
            secure=request.is_secure(),
        )
    return response
