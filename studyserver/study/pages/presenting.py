"""Content of a trial's page. Only this module decides which data of a trial a browser receives (blinding)."""

import json
from dataclasses import replace

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from studyserver.study.design import attention
from studyserver.study.design.rests import rest_before
from studyserver.study.models import Annotator, Presentation, Question, QuestionExample, Study, Trial
from studyserver.study.questions.kind import Answers
from studyserver.study.questions.kinds import kinds_with
from studyserver.study.sessions import session
from studyserver.study.sessions.answers import asked_about, questions_for, stored_answers
from studyserver.study.texts.translations import Dictionary, Written, dictionary

MANY = 4  # trials with more clips have small buttons


def trial_context(trial: Trial) -> dict:
    """Return the context of a trial's template.

    It contains only addresses and labels of clips, and only wording, options and ids of questions; never keys
    or targets.
    """
    study = trial.annotator.study
    rest = rest_before(trial)
    presentations = list(trial.presentations.order_by("position"))
    words = dictionary(study)
    questions = [words.question(question) for question in questions_for(trial)]
    examples = _examples(questions, words)
    groups = [
        _group(question, presentations, guard=study.rate_while_playing)
        | {"examples": examples.get(question.pk, [])}
        for question in questions
    ]
    return {
        "trial": trial,
        "presentations": [_clip(item) for item in sorted(presentations, key=_place)],
        "several": len(presentations) > 1,
        "digits": any(question.answer_kind.takes_digits for question in questions),
        "many": len(presentations) > MANY,
        "groups": groups,
        "by_clip": sum(group["of_clips"] for group in groups) > 1,
        "instruction": attention.instruction(trial, questions),
        "answers": json.dumps(stored_answers(trial)),
        "total": session.progress(trial.annotator)[1],
        "minimum_share": f"{study.minimum_listening_share:g}",
        "listening": _listening_options(study),
        "rest": rest and replace(rest, text=words(rest.text)),
        "feedback": trial.kind == Trial.Kind.PRACTICE and study.practice_feedback,
    }


def _examples(questions: list[Question], words: Dictionary) -> dict[int, list[dict]]:
    """Return the sound examples of each question, with random addresses."""
    found: dict[int, list[dict]] = {}
    for example in QuestionExample.objects.filter(question__in=questions):
        shown = {"token": example.token, "label": words(example.label)}
        found.setdefault(example.question_id, []).append(shown)
    return found


def _listening_options(study: Study) -> dict:
    return {
        "switching": study.switching,
        "seek": study.allow_seek,
        "loop": study.allow_loop or study.allow_loop_region,
        "region": study.allow_loop_region,
        "waveform": study.show_waveform,
        "volume": not study.lock_volume,
    }


def playing_level(annotator: Annotator) -> float:
    """Return the level from the sound check, in dB; 0 is the level of the files."""
    level = annotator.checked.get("level_db")
    if isinstance(level, bool) or not isinstance(level, int | float) or not -60 <= level <= 0:
        return 0.0
    return float(level)


def _place(item: Presentation) -> tuple:
    """Return a sort key that puts the given reference first and X last."""
    return item.role != Presentation.Role.REFERENCE, item.position


def _clip(item: Presentation) -> dict:
    given = item.role == Presentation.Role.REFERENCE
    return {
        "token": item.token,
        "label": item.label,
        "name": _("Reference") if given else item.label,
        "given": given,
    }


def _group(question: Question, presentations: list[Presentation], *, guard: bool) -> dict:
    """Return a question with its rows: one row, or one row for each clip.

    With `guard`, a clip can be rated only while it plays.
    """
    kind = question.answer_kind
    shown = {
        "id": question.pk,
        "kind": question.kind,
        "text": question.text,
        "help_text": question.help_text,
        "required": question.required,
        "template": kind.template,
        "options": kind.presented(question.options),
        "decimals": kind.decimals(question.options),
    }
    blind = [item for item in presentations if item.is_blind]
    shown |= kind.page(question.options, [item.label for item in blind])
    rows = [_row(question, item, several=len(blind) > 1) for item in asked_about(question, presentations)]
    of_clips = any(row["label"] for row in rows)
    shown["guarded"] = guard and of_clips and kind.can_be_guarded
    return shown | {"items": [shown | row for row in rows], "of_clips": of_clips}


def _row(question: Question, item: Presentation | None, *, several: bool) -> dict:
    if item is None:
        return {"presentation": "", "label": "", "name": f"q{question.pk}"}
    return {
        "presentation": item.token,
        "label": item.label if several else "",
        "name": f"q{question.pk}-{item.position}",
    }


def feedback_on(trial: Trial) -> list[dict[str, str]]:
    """Return the feedback after a practice trial: sentences, each with its language."""
    study = trial.annotator.study
    if trial.kind != Trial.Kind.PRACTICE or not study.practice_feedback:
        return []
    presentations = list(trial.presentations.select_related("stimulus").order_by("position"))
    told = [_about_x(trial, presentations), _about_intruder(trial, presentations)]
    words = dictionary(study)
    blind = [item for item in presentations if item.is_blind]
    for item in blind:
        if item.stimulus.feedback:
            label = f"{item.label}: " if len(blind) > 1 else ""
            own = words(item.stimulus.feedback)
            told.append(Written(f"{label}{own}", own.language))
    return [
        {"text": sentence, "language": getattr(sentence, "language", get_language())}
        for sentence in told
        if sentence
    ]


def _about_x(trial: Trial, presentations: list[Presentation]) -> str:
    x = next((item for item in presentations if item.role == Presentation.Role.X), None)
    answer = trial.judgments.current().filter(question__kind__in=kinds_with(Answers.MATCHES)).first()
    if x is None or answer is None:
        return ""
    same = next(item for item in presentations if item.is_blind and item.stimulus_id == x.stimulus_id)
    if answer.number:
        return _("That is right: X was %(name)s.") % {"name": same.label}
    return _("X was %(name)s.") % {"name": same.label}


def _about_intruder(trial: Trial, presentations: list[Presentation]) -> str:
    other = next((item for item in presentations if item.role == Presentation.Role.INTRUDER), None)
    answer = trial.judgments.current().filter(question__kind__in=kinds_with(Answers.ODD_ONE_OUT)).first()
    if other is None or answer is None:
        return ""
    if answer.number:
        return _("That is right: %(name)s does not belong.") % {"name": other.label}
    return _("%(name)s does not belong.") % {"name": other.label}


def trial_html(request: HttpRequest, trial: Trial) -> str:
    """Return the HTML of one trial, for a page that is already loaded."""
    return render_to_string("study/includes/trial.html", trial_context(trial), request)
