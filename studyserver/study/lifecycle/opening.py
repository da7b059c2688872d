"""Opening and closing of studies, and the problems that prevent opening."""

from django.db import transaction
from django.utils import timezone

from studyserver.study.design.problems import design_problems
from studyserver.study.design.trial_draws import spacing_problems
from studyserver.study.models import Study
from studyserver.study.questions.kinds import option_problems
from studyserver.study.screening.questionnaire import questionnaire_problems

from .declared import declared_problems
from .versions import record_version


class StudyNotReady(Exception):
    """The study cannot be opened or closed.

    Attributes
    ----------
    reasons : list of str
        The problems and what to do, one or two sentences each.
    """

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


def opening_problems(study: Study) -> list[str]:
    """Return the problems that prevent opening a study; empty if it can be opened."""
    return [
        *_text_problems(study),
        *_question_problems(study),
        *_stimulus_problems(study),
        *questionnaire_problems(study),
        *declared_problems(study),
    ]


def open_study(study: Study) -> None:
    """Let annotators join.

    Raises
    ------
    StudyNotReady
        With all problems that prevent opening.
    """
    with transaction.atomic():
        locked = Study.objects.locked(study.pk)
        if locked.state == Study.State.OPEN:
            raise StudyNotReady(["The study is already open."])
        problems = opening_problems(locked)
        if problems:
            raise StudyNotReady(problems)
        record_version(study)  # before the time of opening: the version that was opened is told by it
        study.state = Study.State.OPEN
        study.opened_at = study.opened_at or timezone.now()
        study.closed_at = None
        study.save(update_fields=["state", "opened_at", "closed_at"])


def close_study(study: Study) -> None:
    """Close the study to new annotators; those with consent can finish until their session expires.

    Raises
    ------
    StudyNotReady
        If the study is not open.
    """
    with transaction.atomic():
        locked = Study.objects.locked(study.pk)
        if locked.state != Study.State.OPEN:
            raise StudyNotReady(["Only an open study can be closed."])
        study.state = Study.State.CLOSED
        study.closed_at = timezone.now()
        study.save(update_fields=["state", "closed_at"])


def _text_problems(study: Study) -> list[str]:
    return [
        f"The {name} is empty: write it under “What annotators read”."
        if name != "instructions"
        else "The instructions are empty: write them under “What annotators read”."
        for name in ("title", "consent", "instructions")
        if not getattr(study, name).strip()
    ]


def _question_problems(study: Study) -> list[str]:
    questions = list(study.questions.all())
    if not questions:
        return ["The study has no questions: add a question or a ready-made set."]
    problems = [
        f"Question “{question.key}”: {problem}"
        for question in questions
        for problem in option_problems(question.kind, question.options)
    ]
    if not any(question.required for question in questions):
        problems.append(
            "No question is required: annotators could finish without answering. Make at least one required."
        )
    targets = set(study.stimuli.active().values_list("clip__target", flat=True))
    problems += [
        f"Question “{question.key}” would never be asked, because no active stimulus has the target "
        f"“{question.target}”: add such clips, or delete the question."
        for question in questions
        if question.only_own_target and question.target and question.target not in targets
    ]
    return problems


def _stimulus_problems(study: Study) -> list[str]:
    stimuli = list(study.stimuli.active().main().select_related("clip"))
    practice = list(study.stimuli.active().practice().select_related("clip"))
    if not stimuli:
        return ["The study has no stimuli: add some."]
    problems = design_problems(study)
    if not problems:
        problems += spacing_problems(study)
    problems += [
        f"The sound file of stimulus {stimulus.pk} ({stimulus}) is missing: build its clips again."
        for stimulus in [*stimuli, *practice]
        if not (stimulus.clip.file and stimulus.clip.file.storage.exists(stimulus.clip.file.name))
    ]
    asked = _without_question(study, [*stimuli, *practice])
    if asked:
        problems.append(
            f"{asked} of the stimuli would have no required question, because every question is asked only "
            "about its own target. Add a question about their targets, or deactivate these stimuli."
        )
    return problems


def _without_question(study: Study, stimuli: list) -> int:
    questions = [question for question in study.questions.all() if question.required]
    if any(not (question.only_own_target and question.target) for question in questions) or not questions:
        return 0
    targets = {question.target for question in questions}
    return sum(1 for stimulus in stimuli if stimulus.clip.target and stimulus.clip.target not in targets)
