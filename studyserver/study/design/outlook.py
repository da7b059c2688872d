"""Summary of a design: numbers of trials, duration of a session, omitted comparisons."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from explainer.imports.excerpts import counted
from explainer.models import Clip
from studyserver.study.models import Question, Study
from studyserver.study.questions.kind import Answers

from .allocation import trials_of
from .duration import seconds_around_trials
from .left_out import LeftOut, left_out_of, left_out_words
from .sets import ClipSet, Entry, compose

# Time of an answer besides listening, in s; a pilot gives better values.
SECONDS_PER_ANSWER = 5.0
SECONDS_PER_COMMENT = 3.0
SLOWER = 1.5  # factor for annotators who replay clips and think longer


@dataclass(frozen=True)
class Outlook:
    """Consequences of a design for annotators and for the data."""

    stimuli: int
    parts: str  # what they are of, e.g. 24 excerpts of 12 tracks
    sets: int  # what a trial can present: as many as stimuli where it presents one clip
    trials: int
    repeats: int
    practice: int
    attention: int
    clips_per_trial: float
    questions_per_trial: float
    session_seconds: float
    longest_seconds: float  # of a session in which everything is heard to the end, and some of it again
    judgments_per_stimulus: float | None  # or per set; None without a wanted number of annotators
    annotators_per_round: int  # number of annotators who together hear each stimulus (or set) once
    left_out: LeftOut

    @property
    def left_out_words(self) -> str:
        """Sentences on comparisons omitted because clips sound the same."""
        return left_out_words(self.left_out)

    @property
    def all_trials(self) -> int:
        """Number of trials of an annotator, of all kinds."""
        return self.trials + self.repeats + self.practice + self.attention

    @property
    def session_minutes(self) -> int:
        """Length of a session, in whole minutes."""
        return max(1, round(self.session_seconds / 60))

    @property
    def minutes(self) -> tuple[int, int]:
        """Usual minimum and maximum of the length of a session, in minutes; above 10 in steps of 5."""
        least, most = self.session_minutes, math.ceil(self.longest_seconds / 60)
        return least if least <= 10 else 5 * round(least / 5), most if most <= 10 else 5 * math.ceil(most / 5)


def outlook(study: Study, more_clips: Iterable[Clip] = ()) -> Outlook:
    """Return the outlook of the current design, with further main clips if given."""
    stimuli = study.stimuli.active().main().select_related("clip__excerpt").order_by("pk")
    entries = [Entry(stimulus.pk, stimulus.clip) for stimulus in stimuli]
    entries += [Entry(-clip.pk, clip) for clip in more_clips]
    made = compose(study, entries)
    sets = made.sets
    trials = trials_of(study, sets)
    repeats = min(study.repeats_per_annotator, trials)
    attention = study.attention_trials if trials else 0
    all_trials = trials + repeats + study.practice_trials + attention
    asked, thinking = _answering(list(study.questions.all()), sets)
    listening = sum(what.seconds for what in sets) / (len(sets) or 1)
    around = seconds_around_trials(study, sets, all_trials)
    wanted = study.annotators_wanted
    return Outlook(
        stimuli=len(entries),
        parts=counted([entry.clip.excerpt for entry in entries]),
        sets=len(sets),
        trials=trials,
        repeats=repeats,
        practice=study.practice_trials,
        attention=attention,
        clips_per_trial=sum(len(what.blind) for what in sets) / (len(sets) or 1),
        questions_per_trial=asked,
        session_seconds=around + all_trials * (study.minimum_listening_share * listening + thinking),
        longest_seconds=SLOWER * (around + all_trials * (listening + thinking)),
        judgments_per_stimulus=wanted * trials / len(sets) if wanted and sets else None,
        annotators_per_round=math.ceil(len(sets) / trials) if trials else 0,
        left_out=left_out_of(study, made),
    )


def _answering(questions: list[Question], sets: list[ClipSet]) -> tuple[float, float]:
    """Return the mean number of answers per trial, and their mean duration in s."""
    asked = thinking = 0.0
    for question in questions:
        own = question.target if question.only_own_target else ""
        concerned = [
            sum(1 for clip in what.blind if not own or clip.target in ("", own)) for what in sets
        ] or [1]
        if question.scope == Question.Scope.TRIAL:
            concerned = [min(1, number) for number in concerned]
        share = sum(concerned) / len(concerned)
        asked += share
        text = question.answer_kind.answers == Answers.TEXT
        thinking += share * (SECONDS_PER_COMMENT if text else SECONDS_PER_ANSWER)
    return asked, thinking
