"""Pages before and after the trials: questionnaire, level setting and headphone check."""

import math
from typing import Any

from django import forms
from django.core.files.base import ContentFile
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from explainer.files.sound_responses import sound_response
from studyserver.study.models import Annotator, HeadphoneCheck, QuestionnaireItem, QuestionnairePage
from studyserver.study.questions.item_kinds import ITEM_KINDS
from studyserver.study.questions.kind import Answers
from studyserver.study.screening import headphones, questionnaire
from studyserver.study.screening.sounds import INTERVALS, TRIALS, calibration_wav, trial_sound, wav
from studyserver.study.sessions import screening_steps as screening
from studyserver.study.sessions.stages import Stage
from studyserver.study.texts.translations import dictionary

from .access import address_of, annotator_view
from .views import annotator_page, posted

Kind = QuestionnaireItem.Kind
_LARGEST = 1e15  # a larger number is not shown beside a slider


# Questionnaire ------------------------------------------------------------------------------------


@annotator_view(Stage.QUESTIONS, Stage.QUESTIONS_AFTER)
def questions(request: HttpRequest, annotator: Annotator) -> HttpResponse:
    """Show a page of the questionnaire, with the entered answers if some are missing."""
    page = screening.current_page(annotator)
    if page is None:
        raise Http404
    reading, values = questionnaire.Reading(), None
    if request.method == "POST":
        if request.POST.get("page") != str(page.pk):
            return redirect(address_of(annotator))  # a completed page that was sent again
        sent = {item.pk: read_field(item, request.POST) for item in page.items.all()}
        reading = screening.finish_page(annotator, page, sent)
        if not reading.errors:
            return redirect(address_of(annotator))
        values = sent
    number, total = questionnaire.page_number(annotator, page)
    return annotator_page(
        request,
        "questionnaire",
        annotator,
        page=dictionary(annotator.study).page(page),
        number=number,
        total=total,
        items=shown_items(annotator, page, values, reading.errors),
        errors=reading.errors,
    )


def read_field(item: QuestionnaireItem, posted: QueryDict) -> Any:
    """Return the answer to one question from a form, as its kind expects it; None without an answer."""
    name = f"q{item.pk}"
    kind = ITEM_KINDS[item.kind]
    if kind.answers == Answers.SETS:
        ticked = posted.getlist(name)
        return [value for value in ticked if value] if ticked else None
    text = posted.get(name, "")
    if not text.strip():
        return None
    if kind.answers == Answers.NUMBERS:
        try:
            number = float(text.strip().replace(",", "."))
        except ValueError:
            return text
        if not math.isfinite(number):
            return text
        return int(number) if number.is_integer() else number
    return text


def shown_items(
    annotator: Annotator, page: QuestionnairePage, values: dict | None, errors: dict[int, str]
) -> list[dict]:
    """Return the context of each question of a page.

    A condition on the same page is included, because a script checks it. A question whose condition on an
    earlier page is not met is left out.
    """
    words = dictionary(annotator.study)
    answers = questionnaire.answers_by_key(annotator)
    own: dict[str, QuestionnaireItem] = {}
    shown = []
    for item in page.items.all():
        waits_for = own.get(item.shown_if_key)
        if waits_for is None and not questionnaire.is_shown(item, answers):
            continue
        value = values.get(item.pk) if values is not None else answers.get(item.key)
        answers[item.key] = value
        own[item.key] = item
        translated, kind = words.question(item), ITEM_KINDS[item.kind]
        shown.append(
            {
                "id": item.pk,
                "name": f"q{item.pk}",
                "kind": item.kind,
                "template": kind.item_template,
                "text": translated.text,
                "help_text": translated.help_text,
                "options": kind.presented(translated.options),
                "decimals": kind.decimals(item.options),
                "points": [str(point) for point in range(1, item.options.get("points", 0) + 1)],
                "required": item.required,
                "value": _as_text(value),
                "shown": _shown(item, value),
                "none": value == [],
                "error": errors.get(item.pk, ""),
                "waits_for": f"q{waits_for.pk}" if waits_for else "",
                "rule": item.shown_if if waits_for else "",
                "hidden": bool(waits_for) and not questionnaire.is_shown(item, answers),
            }
        )
    return shown


def _shown(item: QuestionnaireItem, value: Any) -> str:
    """Return the number beside a slider that was moved."""
    is_number = isinstance(value, int | float) and abs(value) < _LARGEST
    return ITEM_KINDS[item.kind].number_beside(item.options, value) if is_number else ""


def _as_text(value: Any) -> Any:
    if value is None:
        return ""
    return [str(item) for item in value] if isinstance(value, list) else str(value)


# Level --------------------------------------------------------------------------------------------


class LevelForm(forms.Form):
    """The chosen volume, in dB relative to the level of the files."""

    level = forms.FloatField(min_value=screening.SOFTEST, max_value=0)
    output_sample_rate = forms.FloatField(required=False, min_value=1, max_value=1_000_000)


@annotator_view(Stage.LEVEL)
def level(request: HttpRequest, annotator: Annotator) -> HttpResponse:
    """Show the page on which annotators set the volume with a noise that is as loud as the clips."""
    form = LevelForm(posted(request))
    if request.method == "POST" and form.is_valid():
        screening.set_level(
            annotator, form.cleaned_data["level"], form.cleaned_data["output_sample_rate"] or None
        )
        return redirect(address_of(annotator))
    return annotator_page(request, "level", annotator, form=form)


@require_safe
def level_sound(request: HttpRequest) -> HttpResponse:
    """Return the noise for setting the volume; it is the same for everybody."""
    return sound_response(request, ContentFile(calibration_wav(), name="level.wav"), private=False)


# Headphones ---------------------------------------------------------------------------------------


class HeadphoneForm(forms.Form):
    """The answer to one trial of a headphone check."""

    check = forms.IntegerField()
    trial = forms.IntegerField(min_value=1, max_value=TRIALS)
    interval = forms.IntegerField(min_value=1, max_value=INTERVALS)


@annotator_view(Stage.HEADPHONES)
def headphone_check(request: HttpRequest, annotator: Annotator) -> HttpResponse:
    """Show a trial of the headphone check; the right answer is never sent to the browser."""
    form = HeadphoneForm(posted(request))
    if request.method == "POST" and form.is_valid():
        screening.answer_headphone_trial(annotator, **form.cleaned_data)
        return redirect(address_of(annotator))
    check = headphones.current_check(annotator)
    if check is None:
        raise Http404
    return annotator_page(
        request,
        "headphones",
        annotator,
        form=form,
        check=check,
        trial=len(check.answers) + 1,
        total=TRIALS,
        intervals=range(1, INTERVALS + 1),
        again=check.attempt > 1 and not check.answers,
    )


@require_safe
@annotator_view(Stage.HEADPHONES)
def headphone_sound(request: HttpRequest, annotator: Annotator, check: int, trial: int) -> HttpResponse:
    """Return the sound of the current trial; all other trials are refused."""
    attempt = HeadphoneCheck.objects.filter(pk=check, annotator=annotator, passed=None).first()
    if attempt is None or trial != len(attempt.answers) + 1:
        raise Http404
    content = wav(trial_sound(attempt.kind, attempt.seed, trial - 1))
    return sound_response(request, ContentFile(content, name="check.wav"))
