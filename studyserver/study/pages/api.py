"""Endpoints for the scripts of the trial page, and the sounds."""

from django.core.exceptions import RequestDataTooBig
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.request import RawPostDataException
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_POST, require_safe

from explainer.files.sound_responses import blinded_sound_response
from explainer.models import Clip
from studyserver.study.models import Annotator, Presentation, QuestionExample, Stimulus
from studyserver.study.sessions import session
from studyserver.study.sessions.answers import EventRefused, record_judgments
from studyserver.study.sessions.session import IncompleteTrial
from studyserver.study.sessions.stages import Stage, stage

from .access import address_of, annotator_view
from .devices import device_of
from .presenting import feedback_on, trial_html
from .sent_json import UnreadableJSON, read_json


def _read(request: HttpRequest, *names: str) -> tuple:
    """Return the values of a request's JSON object by name, None for missing ones; the first is required.

    Raises
    ------
    UnreadableJSON
        If the request is not a JSON object with the first name.
    """
    try:
        body = read_json(request.body)
    except RequestDataTooBig:
        raise UnreadableJSON(_("The request is too long.")) from None
    except RawPostDataException:  # a multipart form, whose body the CSRF check has already consumed
        raise UnreadableJSON(_("The request cannot be read.")) from None
    if not isinstance(body, dict) or names[0] not in body:
        raise UnreadableJSON(_("The request cannot be read."))
    return tuple(body.get(name) for name in names)


def _refusal(reason: Exception, status: int) -> JsonResponse:
    return JsonResponse({"reason": str(reason)}, status=status)


@require_POST
@annotator_view()
def judgments(request: HttpRequest, annotator: Annotator) -> HttpResponse:
    """Store answers, and return a receipt for each."""
    try:
        events, translated = _read(request, "events", "machine_translated")
        receipts = record_judgments(annotator, events, device=device_of(request))
    except (UnreadableJSON, EventRefused) as refused:
        return _refusal(refused, 400)
    if translated is True:
        session.note_machine_translation(annotator)
    return JsonResponse({"receipts": receipts})


@require_POST
@annotator_view()
def finish(request: HttpRequest, annotator: Annotator, trial: str) -> HttpResponse:
    """Finish a trial, and return the next page's address after the last one."""
    try:
        listening, appeared, finished = _read(request, "listening", "appeared_ms", "finished_ms")
        ages = {"appeared_ms": appeared, "finished_ms": finished}
        session.finish_trial(annotator, trial, listening, **ages, device=device_of(request))
    except IncompleteTrial as refused:
        return _refusal(refused, 409)
    except UnreadableJSON as refused:
        return _refusal(refused, 400)
    address = address_of(annotator) if session.current_trial(annotator) is None else None
    done = annotator.trials.select_related("annotator__study").get(token=trial)
    told = feedback_on(done)
    return JsonResponse({"address": address} | ({"feedback": told} if told else {}))


@require_safe
@ensure_csrf_cookie
@annotator_view()
def upcoming(request: HttpRequest, annotator: Annotator) -> HttpResponse:
    """Return the next trials, so that annotators can continue offline."""
    after, number = request.GET.get("after", ""), request.GET.get("number", "")
    coming = session.upcoming_trials(
        annotator,
        after=after[:40].replace("\0", ""),
        number=int(number) if number.isdecimal() and len(number) <= 3 else 1,
    )
    return JsonResponse({"trials": [trial_html(request, trial) for trial in coming]})


@require_safe
@ensure_csrf_cookie
@annotator_view()
def current(request: HttpRequest, annotator: Annotator) -> HttpResponse:
    """Return the current trial, or the address of the current page outside the trials."""
    trial = session.current_trial(annotator) if stage(annotator) == Stage.TRIALS else None
    if trial is None:
        return JsonResponse({"address": address_of(annotator)})
    return JsonResponse({"html": trial_html(request, trial)})


@require_safe
def sound(request: HttpRequest, token: str) -> HttpResponse:
    """Return the sound of one presentation; its address is random and does not reveal the clip."""
    presentation = get_object_or_404(
        Presentation.objects.select_related("stimulus__clip", "trial__annotator__study"), token=token
    )
    if stage(presentation.trial.annotator) not in (Stage.TRIALS, Stage.FINISHED):
        raise Http404
    return blinded_sound_response(
        request, presentation.stimulus.clip, _clips_of(presentation.stimulus.study_id)
    )


@require_safe
def example_sound(request: HttpRequest, token: str) -> HttpResponse:
    """Return a sound example of a question."""
    example = get_object_or_404(QuestionExample.objects.select_related("clip", "question"), token=token)
    return blinded_sound_response(request, example.clip, _clips_of(example.question.study_id))


def _clips_of(study: int) -> QuerySet[Clip]:
    """Return all clips that annotators of a study can hear now or could hear earlier."""
    stimuli = Stimulus.objects.filter(study=study).values("clip")
    examples = QuestionExample.objects.filter(question__study=study).values("clip")
    clips = Clip.objects.filter(Q(pk__in=stimuli) | Q(pk__in=examples))
    return clips.only("file", "size", "seconds", "sample_rate").order_by()
