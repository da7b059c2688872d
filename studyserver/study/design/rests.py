"""Rests between the trials: when one is due, how long it lasts at least, and what is shown meanwhile."""

from dataclasses import dataclass

from studyserver.study.models import Study, Trial


@dataclass(frozen=True)
class Rest:
    """A rest before a trial.

    Attributes
    ----------
    text
        The study's own words; empty where there are none.
    seconds
        Nobody can go on before, in s.
    """

    text: str
    seconds: int


def rest_before(trial: Trial) -> Rest | None:
    """Return the rest that precedes a trial, None where the next trial follows at once."""
    study = trial.annotator.study
    due = _every(study, trial) if study.rest_every else _between_blocks(study, trial)
    return Rest(study.rest_text, study.rest_seconds) if due else None


def _every(study: Study, trial: Trial) -> bool:
    return trial.position > 1 and (trial.position - 1) % study.rest_every == 0


def _between_blocks(study: Study, trial: Trial) -> bool:
    """Whether the trial is the first of its block, and another block came before."""
    if not (study.rest_text or study.rest_seconds) or trial.block is None or trial.block < 2:
        return False
    return not trial.annotator.trials.filter(block=trial.block, position__lt=trial.position).exists()
