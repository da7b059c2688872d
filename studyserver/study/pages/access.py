"""Access to annotators' pages by the token in the address."""

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

# Pages from which an annotator at the stage of the trials is sent to the trials.
ADDRESSES_UP_TO_TRIALS = ["study:resume", *sorted(set(_PAGES.values()) - {_PAGES[Stage.FINISHED]})]


def address_of(annotator: Annotator) -> str:
    """Return the address of an annotator's current page."""
    return reverse(_PAGES.get(stage(annotator), "study:ended"), args=[annotator.token])


def _says_translated(request: HttpRequest) -> bool:
    """Return whether a form was sent from a machine-translated page; see machine-translation.js."""
    is_form = request.content_type == "application/x-www-form-urlencoded"
    return request.method == "POST" and is_form and request.POST.get("machine_translated") == "true"


def annotator_view(*stages: Stage) -> Callable:
    """Return a decorator that passes the token's annotator to a view, and redirects at other stages.

    Without stages the view is open at every stage. Responses are never cached, so that the back button asks
    the server for the current page.
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
