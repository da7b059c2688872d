"""Duration of a session outside its trials: texts, questionnaire, sound checks, rests."""

from collections.abc import Sequence

from studyserver.study.models import QuestionnaireItem, Study
from studyserver.study.questions.item_kinds import ITEM_KINDS
from studyserver.study.questions.kind import Answers
from studyserver.study.screening.headphones import kinds_of
from studyserver.study.screening.sounds import TRIALS

from .allocation import block_of
from .sets import ClipSet

# In s; a pilot gives better values.
READING = 90.0  # consent, instructions, thanks
LEVEL = 20.0
TONES = 30.0
HEADPHONE_TRIAL = 8.0
ITEM = 6.0
TEXT_ITEM = 20.0
SHORTEST_REST = 5.0


def seconds_around_trials(study: Study, sets: Sequence[ClipSet], trials: int) -> float:
    """Return the approximate duration in s of a session without its trials.

    Parameters
    ----------
    study
    sets
        The sets that its trials present.
    trials
        Number of trials of an annotator.
    """
    seconds = READING + LEVEL * study.set_level + TONES * study.count_tones
    seconds += HEADPHONE_TRIAL * TRIALS * len(kinds_of(study))
    for kind in QuestionnaireItem.objects.filter(page__study=study).values_list("kind", flat=True):
        seconds += TEXT_ITEM if ITEM_KINDS[kind].answers == Answers.TEXT else ITEM
    return seconds + _rests(study, sets, trials) * max(study.rest_seconds, SHORTEST_REST)


def _rests(study: Study, sets: Sequence[ClipSet], trials: int) -> int:
    """Return the number of rests, following :mod:`.rests`."""
    if study.rest_every:
        return max(0, trials - 1) // study.rest_every
    if study.blocks and (study.rest_text or study.rest_seconds):
        return max(0, len({block_of(study, what) for what in sets}) - 1)
    return 0
