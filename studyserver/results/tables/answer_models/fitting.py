"""Computing and storing the models of a study's answers; for the background worker and commands."""

import logging
import time

from explainer.files import stored_files
from studyserver.results.models import AnswerFit
from studyserver.results.models.forgetting import remove_unused
from studyserver.results.statistics.answer_model.files import to_bytes
from studyserver.results.statistics.answer_model.fit import USUAL, Effort, fit_answers
from studyserver.results.tables.computed import Computed

from .stored import StoredFit

logger = logging.getLogger(__name__)


def fit_study(computed: Computed, *, effort: Effort = USUAL) -> int:
    """Compute the models that are missing or of earlier answers, and store each; return how many.

    A model that fails is stored as failed, and the others are computed.
    """
    models = {id(statistics.models): statistics.models for statistics in computed.annotator_sets.values()}
    outdated = [(one, stored) for one in models.values() for stored in one.outdated]
    for one, stored in outdated:
        _fit(computed, one.annotator_set, stored, effort)
    return len(outdated)


def _fit(computed: Computed, annotator_set: str, stored: StoredFit, effort: Effort) -> None:
    assert stored.answers is not None
    began = time.monotonic()
    name, problem = "", ""
    try:
        fit = fit_answers(stored.answers, seed=int(stored.key[:8], 16), effort=effort)
        name = stored_files.store(f"fits/{stored.key}.npz", to_bytes(fit))
    except (ArithmeticError, ValueError) as error:  # numpy's LinAlgError is a ValueError
        logger.exception("The model of %s in %s failed", stored.item.question.key, computed.study.slug)
        problem = f"{type(error).__name__}: {error}"
    place = {
        "study": computed.study,
        "rehearsal": computed.rows.rehearsal,
        "annotator_set": annotator_set,
        "question": stored.item.question.key,
    }
    before = AnswerFit.objects.filter(**place).values_list("file", flat=True).first()
    values = {
        "key": stored.key,
        "file": name,
        "problem": problem,
        "n_judgments": len(stored.answers.values),
        "seconds": time.monotonic() - began,
    }
    AnswerFit.objects.update_or_create(**place, defaults=values)
    remove_unused(before or "")
