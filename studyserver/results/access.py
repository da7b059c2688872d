"""Access to results: staff with the permission to view studies, in a session or with a key."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from .models import AccessToken

PERMISSION = "study.view_study"

View = Callable[..., HttpResponse]


def may_see_results(user: User) -> bool:
    """Return whether a user may see the results of studies."""
    return user.is_active and user.is_staff and user.has_perm(PERMISSION)


def for_researchers(view: View) -> View:
    """Allow staff who may view studies; redirect anonymous users to the login page, refuse others."""

    @never_cache
    @staff_member_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not may_see_results(request.user):
            raise PermissionDenied("Your account may not view studies.")
        return view(request, *args, **kwargs)

    return guarded


def for_researchers_and_scripts(view: View) -> View:
    """Also allow scripts with a key (``Authorization: Bearer KEY``)."""
    in_session = for_researchers(view)

    @never_cache
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        header = request.headers.get("Authorization", "")
        if not header:
            return in_session(request, *args, **kwargs)
        scheme, _space, secret = header.partition(" ")
        user = AccessToken.user_of(secret.strip()) if scheme.lower() == "bearer" else None
        if user is None:
            message = "This key is unknown, withdrawn or expired. Make one in the admin: Access tokens.\n"
            refusal = HttpResponse(message, status=401, content_type="text/plain; charset=utf-8")
            refusal.headers["WWW-Authenticate"] = 'Bearer realm="results"'
            return refusal
        if not may_see_results(user):
            raise PermissionDenied("This key's owner may not view studies.")
        return view(request, *args, **kwargs)

    return guarded
