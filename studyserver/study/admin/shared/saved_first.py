"""Buttons of a page with a form: the form is saved first, then the button's action runs."""

from collections.abc import Callable
from functools import partial

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

from studyserver.study.models import Study


def action_on(study: Study, path: str) -> Callable[[HttpRequest], HttpResponse] | None:
    """Return the view behind a button of a study's page, or None for any other path."""
    try:
        found = resolve(path)
    except Resolver404:
        return None
    is_button = found.view_name.startswith("admin:study_study_") and found.kwargs.get("pk") == study.pk
    return partial(found.func, **found.kwargs) if is_button else None
