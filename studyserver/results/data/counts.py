"""Counts of trials and answers that do not read the answers."""

import hashlib
from datetime import datetime

from django.db.models import Count, Max, QuerySet, Sum, TextField
from django.db.models.functions import Cast, Length

from studyserver.study.models import Judgment, Study, Trial

from .study_data import StudyData


def main_trials(study: Study, *, rehearsal: bool = False) -> QuerySet[Trial]:
    """Return the main trials of all annotators who joined."""
    return Trial.objects.filter(
        annotator__study=study, annotator__rehearsal=rehearsal, kind=Trial.Kind.MAIN
    ).order_by()


def judged_trials(study: Study, *, rehearsal: bool = False) -> QuerySet[Trial]:
    """Return the finished main trials of annotators whose answers may be used."""
    trials = main_trials(study, rehearsal=rehearsal)
    return trials.filter(annotator__answers_discarded=False, finished_at__isnull=False)


def last_answer(study: Study, *, rehearsal: bool = False) -> datetime | None:
    """Return when the newest usable judgment was stored, None without any."""
    judgments = Judgment.objects.filter(trial__annotator__study=study).usable(rehearsal=rehearsal)
    return judgments.aggregate(last=Max("stored_at"))["last"]


def fingerprint(data: StudyData) -> str:
    """Return a text that changes whenever the input of the figures changes.

    The site never changes answers; an answer changed in the database is detected by its length or number.
    """
    annotators = data.study.annotators.filter(rehearsal=data.rehearsal, answers_discarded=False)
    finished = annotators.filter(trials__finished_at__isnull=False).values_list("trials__id").count()
    answers = Judgment.objects.filter(trial__annotator__in=annotators, pk__lte=data.until).aggregate(
        Max("stored_at"), Sum("number"), length=Sum(_length("value"))
    )
    checks = annotators.aggregate(Count("pk"), length=Sum(_length("sound_check")))
    declared = [
        list(related.order_by("id").values_list())
        for related in (data.study.questions, data.study.exclusion_rules, data.study.research_questions)
    ]
    fits = data.study.answer_fits.order_by("id").values_list("key", "computed_at")
    declared.append([*fits])
    state = repr((data.study.pk, data.rehearsal, data.until, answers, checks, finished, declared))
    return hashlib.sha256(state.encode(errors="replace")).hexdigest()


def _length(field: str) -> Length:
    return Length(Cast(field, TextField()))
