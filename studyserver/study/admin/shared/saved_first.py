"""Buttons beside a form that has been typed in: the form is saved, then the button acts."""

from collections.abc import Callable
from functools import partial

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

from studyserver.study.models import Study


def action_on(study: Study, path: str) -> Callable[[HttpRequest], HttpResponse] | None:
    """Return the view behind a button of a study's page; nothing where the path is of anything else."""
    try:
        found = resolve(path)
    except Resolver404:
        return None
    is_button = found.view_name.startswith("admin:study_study_") and found.kwargs.get("pk") == study.pk
    return partial(found.func, **found.kwargs) if is_button else None
