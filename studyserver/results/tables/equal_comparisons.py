"""Judged comparisons of clips that sound the same, from trials before a study excluded such comparisons."""

from collections import defaultdict
from typing import TYPE_CHECKING

from explainer.core.base.counting import plural
from explainer.files.clip_sounds import sound_of
from studyserver.results.data.counts import judged_trials
from studyserver.study.models import Study

if TYPE_CHECKING:
    from .failures import Parts

_CHUNK = 20_000


def equal_comparisons(study: Study, *, rehearsal: bool = False) -> tuple[int, int]:
    """Return how many finished main trials compared clips that sound the same, and how many compared any."""
    if not study.presents.compares:
        return 0, 0
    sounds = {stimulus.pk: sound_of(stimulus.clip) for stimulus in study.stimuli.select_related("clip")}
    judged = judged_trials(study, rehearsal=rehearsal).filter(presentations__isnull=False)
    # X and a hidden reference repeat a stimulus of the trial on purpose, so stimuli are collected in sets.
    compared: dict[int, set[int]] = defaultdict(set)
    for trial, stimulus in judged.values_list("pk", "presentations__stimulus").iterator(_CHUNK):
        compared[trial].add(stimulus)
    equal = sum(len({sounds[key] for key in stimuli}) < len(stimuli) for stimuli in compared.values())
    return equal, len(compared)


def equal_part(parts: "Parts") -> str:
    """Return `equal_comparisons_words` as one part of a page; empty if it fails."""
    study, rehearsal = parts.computed.study, parts.computed.rows.rehearsal
    what = "Clips that sound the same"
    return parts.part("equal", what, lambda _: equal_comparisons_words(study, rehearsal=rehearsal), "")


def equal_comparisons_words(study: Study, *, rehearsal: bool = False) -> str:
    """Return a sentence about judged comparisons of equal sounds; empty without any."""
    equal, judged = equal_comparisons(study, rehearsal=rehearsal)
    if not equal:
        return ""
    present = "presents" if equal == 1 else "present"
    return (
        f"{equal} of {plural(judged, 'finished comparison')} {present} clips that hold the same sound: these "
        "trials were allocated before the study excluded such comparisons, and they count in the figures. "
        "Answers to them are guesses. In the export, clips that sound the same have the same clip_sound in "
        "the table of stimuli."
    )
