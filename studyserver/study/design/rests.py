"""Rests between trials: when one is due, its minimum duration, and its text."""

from dataclasses import dataclass

from studyserver.study.models import Study, Trial


@dataclass(frozen=True)
class Rest:
    """A rest before a trial."""

    text: str  # the study's own text; empty if there is none
    seconds: int  # minimum duration in s


def rest_before(trial: Trial) -> Rest | None:
    """Return the rest before a trial; None if the trial follows immediately."""
    study = trial.annotator.study
    due = _every(study, trial) if study.rest_every else _between_blocks(study, trial)
    return Rest(study.rest_text, study.rest_seconds) if due else None


def _every(study: Study, trial: Trial) -> bool:
    return trial.position > 1 and (trial.position - 1) % study.rest_every == 0


def _between_blocks(study: Study, trial: Trial) -> bool:
    """Return whether the trial is the first of its block and not in the first block."""
    if not (study.rest_text or study.rest_seconds) or trial.block is None or trial.block < 2:
        return False
    return not trial.annotator.trials.filter(block=trial.block, position__lt=trial.position).exists()
