"""Who may see which page: annotators are known by the token in the address alone."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache

from studyserver.study.models import Annotator
from studyserver.study.sessions import session
from studyserver.study.sessions.stages import Stage, stage

from .devices import remember_device

_PAGES = {
    Stage.CONSENT: "study:consent",
    Stage.QUESTIONS: "study:questions",
    Stage.INSTRUCTIONS: "study:instructions",
    Stage.LEVEL: "study:level",
    Stage.SOUND_CHECK: "study:sound-check",
    Stage.HEADPHONES: "study:headphones",
    Stage.TRIALS: "study:trials",
    Stage.QUESTIONS_AFTER: "study:questions",
    Stage.FINISHED: "study:thanks",
}

# What leads to the trials for somebody who is to do them now.
ADDRESSES_UP_TO_TRIALS = ["study:resume", *sorted(set(_PAGES.values()) - {_PAGES[Stage.FINISHED]})]


def address_of(annotator: Annotator) -> str:
    """Return the address of the page that an annotator is to see now."""
    return reverse(_PAGES.get(stage(annotator), "study:ended"), args=[annotator.token])


def _says_translated(request: HttpRequest) -> bool:
    """Whether a form was sent from a page that a program had translated; see machine-translation.js."""
    is_form = request.content_type == "application/x-www-form-urlencoded"
    return request.method == "POST" and is_form and request.POST.get("machine_translated") == "true"


def annotator_view(*stages: Stage) -> Callable:
    """Give a view the annotator of the token, and send whoever is not at one of `stages` on.

    Without stages the view is open at every stage. Nothing that an annotator receives is
    kept by a cache, so that the back button asks the server where the annotator is.
    """

    def decorate(view: Callable) -> Callable:
        @wraps(view)
        def wrapped(request: HttpRequest, token: str, **named: Any) -> HttpResponse:
            annotator = get_object_or_404(Annotator.objects.select_related("study"), token=token)
            if stages and stage(annotator) not in stages:
                response = redirect(address_of(annotator))
            else:
                if _says_translated(request):
                    session.note_machine_translation(annotator)
                response = view(request, annotator, **named)
            return remember_device(request, response, annotator)

        return never_cache(wrapped)

    return decorate
