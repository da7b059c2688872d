"""Views of annotators' pages; the rules are in ``session``."""

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from studyserver.study.models import Annotator, Return
from studyserver.study.recruitment.recruiting import farewell
from studyserver.study.sessions import session
from studyserver.study.sessions.answers import latest_sequence
from studyserver.study.sessions.joining import refuse_full
from studyserver.study.sessions.joins import JoiningRefused
from studyserver.study.sessions.stages import Stage, stage
from studyserver.study.texts.translations import dictionary

from . import offline
from .access import address_of, annotator_view
from .forms import ConsentForm, LeaveForm, SoundCheckForm
from .presenting import playing_level, trial_context


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show what this site is; it does not list studies."""
    return render(request, "study/home.html")


@annotator_view()
def resume(request: HttpRequest, annotator: Annotator) -> HttpResponse:
    """Redirect to the annotator's current page."""
    return redirect(address_of(annotator))


@annotator_view(Stage.CONSENT)
def consent(request: HttpRequest, annotator: Annotator) -> HttpResponse:
    """Show the consent text, and ask for consent."""
    form = ConsentForm(posted(request))
    try:
        if request.method == "POST" and form.is_valid():
            session.give_consent(annotator)
            return redirect(address_of(annotator))
        if not annotator.rehearsal:
            refuse_full(annotator.study)
    except JoiningRefused as refused:
        given = farewell(annotator, Return.Outcome.GROUP_FULL)
        return annotator_page(
            request, "closed", annotator, reason=str(refused), code=given.code, return_address=given.address
        )
    return annotator_page(request, "consent", annotator, form=form)


@annotator_view(Stage.INSTRUCTIONS)
def instructions(request: HttpRequest, annotator: Annotator) -> HttpResponse:
    """Show the instructions."""
    if request.method == "POST":
        session.finish_instructions(annotator)
        return redirect(address_of(annotator))
    return annotator_page(request, "instructions", annotator)


@annotator_view(Stage.SOUND_CHECK)
def sound_check(request: HttpRequest, annotator: Annotator) -> HttpResponse:
    """Show the sound check, in which annotators count tones."""
    form = SoundCheckForm(posted(request))
    if request.method == "POST" and form.is_valid():
        session.finish_sound_check(annotator, form.cleaned_data["result"])
        return redirect(address_of(annotator))
    return annotator_page(request, "sound_check", annotator, status=400 if form.errors else 200, form=form)


@ensure_csrf_cookie
@annotator_view(Stage.TRIALS)
def trials(request: HttpRequest, annotator: Annotator) -> HttpResponse:
    """Show the current trial; the page's scripts fetch the following trials."""
    trial = session.current_trial(annotator)
    if trial is None:
        return redirect(address_of(annotator))
    return _page_of_trials(request, annotator, **trial_context(trial))


@annotator_view(Stage.TRIALS)
def offline_page(request: HttpRequest, annotator: Annotator) -> HttpResponse:
    """Show the trials page without a trial; browsers store it for reloads while offline."""
    return _page_of_trials(request, annotator, total=session.progress(annotator)[1])


@annotator_view(Stage.TRIALS)
def offline_worker(request: HttpRequest, annotator: Annotator) -> HttpResponse:
    """Return the annotator's service worker."""
    return HttpResponse(offline.worker_script(annotator), content_type="text/javascript; charset=utf-8")


def _page_of_trials(request: HttpRequest, annotator: Annotator, **context: Any) -> HttpResponse:
    return annotator_page(
        request,
        "trials",
        annotator,
        latest_sequence=latest_sequence(annotator),
        level=f"{playing_level(annotator):g}",
        modules=offline.MODULES,
        scripts_of_kinds=offline.scripts_of_kinds(annotator.study),
        styles_of_kinds=offline.styles_of_kinds(annotator.study),
        worker=offline.worker_address(annotator),
        **context,
    )


@annotator_view(
    *(Stage.CONSENT, Stage.QUESTIONS, Stage.INSTRUCTIONS, Stage.LEVEL, Stage.SOUND_CHECK, Stage.HEADPHONES),
    *(Stage.TRIALS, Stage.QUESTIONS_AFTER, Stage.FINISHED, Stage.EXPIRED),
)
def leave(request: HttpRequest, annotator: Annotator) -> HttpResponse:
    """End the participation, with an explicit choice about the answers; a GET request changes nothing."""
    if not session.has_answered(annotator):
        if request.method == "POST":
            session.withdraw(annotator, keep_answers=False)
            return redirect(address_of(annotator))
        return annotator_page(request, "leave", annotator)
    form = LeaveForm(posted(request))
    if request.method == "POST" and form.is_valid():
        session.withdraw(annotator, keep_answers=form.cleaned_data["keep_answers"] == "yes")
        return redirect(address_of(annotator))
    over = stage(annotator) in (Stage.FINISHED, Stage.EXPIRED)
    return annotator_page(request, "leave", annotator, form=form, over=over)


@annotator_view(Stage.FINISHED)
def thanks(request: HttpRequest, annotator: Annotator) -> HttpResponse:
    """Show the last page with the completion code, which exists only when every answer is stored."""
    code = session.completion(annotator)
    if code:
        session.close_answers(annotator)
    address = farewell(annotator).address if code else ""
    return annotator_page(request, "thanks", annotator, code=code, return_address=address)


@annotator_view(Stage.WITHDRAWN, Stage.SCREENED_OUT, Stage.EXPIRED, Stage.CLOSED)
def ended(request: HttpRequest, annotator: Annotator) -> HttpResponse:
    """Show why the session has ended, with the code for this outcome if there is one."""
    given = farewell(annotator)
    return annotator_page(
        request,
        "ended",
        annotator,
        stage=stage(annotator).value,
        code=given.code,
        return_address=given.address,
    )


def posted(request: HttpRequest) -> QueryDict | None:
    """Return the data of a form that was sent; None if the page was only opened."""
    return request.POST if request.method == "POST" else None


def annotator_page(
    request: HttpRequest, name: str, annotator: Annotator, *, status: int = 200, **context: Any
) -> HttpResponse:
    """Return a page of an annotator, with the study's texts in the language of the page."""
    study = annotator.study
    context |= {"annotator": annotator, "study": dictionary(study).study(study)}
    return render(request, f"study/{name}.html", context, status=status)
