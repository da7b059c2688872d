"""Advice about properties of clips and pages that may reveal a clip's condition."""

from collections.abc import Sequence

from studyserver.study.models import Question, QuestionExample, Stimulus, Study

_NOTICED = 0.1  # s: differences in length that somebody may notice


def blinding_advice(study: Study, stimuli: Sequence[Stimulus]) -> list[str]:
    """Return warnings about properties that reveal conditions independently of the music.

    Parameters
    ----------
    study
    stimuli
        Its active main stimuli, with their clips.
    """
    return [
        *_rates(stimuli),
        *_lengths(stimuli),
        *_numbers_of_questions(study, stimuli),
        *_examples(study, stimuli),
    ]


def _rates(stimuli: Sequence[Stimulus]) -> list[str]:
    rates = sorted({stimulus.clip.sample_rate for stimulus in stimuli})
    if len(rates) < 2:
        return []
    return [
        f"The clips have different sample rates ({', '.join(str(rate) for rate in rates)} Hz): the "
        "higher ones sound brighter, which may reveal the condition. Use one sample rate."
    ]


def _lengths(stimuli: Sequence[Stimulus]) -> list[str]:
    of_excerpt: dict[int, list[float]] = {}
    for stimulus in stimuli:
        of_excerpt.setdefault(stimulus.clip.excerpt_id, []).append(stimulus.clip.seconds)
    unequal = sum(1 for seconds in of_excerpt.values() if max(seconds) - min(seconds) > _NOTICED)
    if not unequal:
        return []
    parts = "tracks" if len(of_excerpt) == len({one.clip.track_id for one in stimuli}) else "excerpts"
    return [
        f"In {unequal} of {len(of_excerpt)} {parts} the clips differ in length, which may reveal the "
        "condition. Cut uploaded clips to one length."
    ]


def _numbers_of_questions(study: Study, stimuli: Sequence[Stimulus]) -> list[str]:
    questions = [item for item in study.questions.all() if item.scope == Question.Scope.CLIP]
    if study.presents.compares:
        return []
    numbers = {sum(item.is_asked_of([stimulus.clip]) for item in questions) for stimulus in stimuli}
    if len(numbers) < 2:
        return []
    return [
        f"Some clips have {max(numbers)} questions, others {min(numbers)}: with “only own target”, "
        "originals have the questions about all targets, so their pages look different. If that matters, "
        "untick it or choose one target."
    ]


def _examples(study: Study, stimuli: Sequence[Stimulus]) -> list[str]:
    tracks = {stimulus.clip.track_id for stimulus in stimuli}
    heard = QuestionExample.objects.filter(question__study=study, clip__track__in=tracks).count()
    if not heard:
        return []
    return [
        f"Sound examples from tracks that are judged: {heard}. They may influence the answers about these "
        "tracks; take examples from other tracks."
    ]
