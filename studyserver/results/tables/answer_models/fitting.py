"""Computing and storing the models of a study's answers; for the background worker and commands."""

import logging
import time
from typing import Any

from explainer.files import stored_files
from studyserver.results.data.study_data import counted_annotators
from studyserver.results.models import AnswerFit
from studyserver.results.models.forgetting import locked, remove_unused
from studyserver.results.statistics.answer_model.files import to_bytes
from studyserver.results.statistics.answer_model.fit import USUAL, Effort, fit_answers
from studyserver.results.tables.computed import Computed

from .stored import StoredFit

logger = logging.getLogger(__name__)


def fit_study(computed: Computed, *, effort: Effort = USUAL) -> int:
    """Compute the models that are missing or of earlier answers, and store each; return how many were stored.

    A model that fails is stored as failed, and the others are computed. A model is not stored if an annotator
    has been deleted or has discarded the answers meanwhile.
    """
    models = {id(statistics.models): statistics.models for statistics in computed.annotator_sets.values()}
    outdated = [(one, stored) for one in models.values() for stored in one.outdated]
    return sum(_fit(computed, one.annotator_set, stored, effort) for one, stored in outdated)


def _fit(computed: Computed, annotator_set: str, stored: StoredFit, effort: Effort) -> bool:
    assert stored.answers is not None
    began = time.monotonic()
    name, problem = "", ""
    try:
        fit = fit_answers(stored.answers, seed=int(stored.key[:8], 16), effort=effort)
        name = stored_files.store(f"fits/{stored.key}.npz", to_bytes(fit))
    except (ArithmeticError, ValueError) as error:  # numpy's LinAlgError is a ValueError
        logger.exception("The model of %s in %s failed", stored.item.question.key, computed.study.slug)
        problem = f"{type(error).__name__}: {error}"
    values = {
        "key": stored.key,
        "file": name,
        "problem": problem,
        "n_judgments": len(stored.answers.values),
        "seconds": time.monotonic() - began,
    }
    return _store(computed, annotator_set, stored.item.question.key, values)


def _store(computed: Computed, annotator_set: str, question: str, values: dict[str, Any]) -> bool:
    study, rehearsal = computed.study, computed.rows.rehearsal
    place = {"study": study, "rehearsal": rehearsal, "annotator_set": annotator_set, "question": question}
    whose = set(computed.counted.main["annotator"].unique())
    with locked(study.pk):
        before = AnswerFit.objects.filter(**place).values_list("file", flat=True).first() or ""
        still = counted_annotators(study, rehearsal=rehearsal).filter(pseudonym__in=whose).count()
        may_be_stored = still == len(whose)
        if may_be_stored:
            AnswerFit.objects.update_or_create(**place, defaults=values)
    if not may_be_stored:
        logger.info("An annotator of %s has left: the model of %s is not stored", study.slug, question)
    remove_unused(before if may_be_stored else values["file"])
    return may_be_stored
