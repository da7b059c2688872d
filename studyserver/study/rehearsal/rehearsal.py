"""Simulated annotators who take a study, to test a design before people take part.

They use the same functions as the pages and are marked as a rehearsal: they do not take places, are never
counted as people, and can be discarded.
"""

import random
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import transaction

from explainer.models import Clip
from studyserver.study.models import Annotator, Presentation, Question, Return, Study, Trial
from studyserver.study.recruitment.recruiting import outcome
from studyserver.study.sessions import screening_steps as screening
from studyserver.study.sessions import session
from studyserver.study.sessions.answers import asked_about, questions_for, record_judgments
from studyserver.study.sessions.joining import join

from .screening import answer_pages, pass_headphone_checks

# How much of a property an attentive annotator hears in each condition, 0 to 1.
_REMAINS = {
    Clip.Condition.ORIGINAL: 1.0,
    Clip.Condition.RESYNTHESIS: 0.95,
    Clip.Condition.EVIDENCE: 0.75,
    Clip.Condition.BOOSTED: 0.9,
    Clip.Condition.COMPLEMENT: 0.35,
    Clip.Condition.COUNTER_EVIDENCE: 0.2,
    Clip.Condition.RANDOM_CONTROL: 0.3,
    Clip.Condition.UPLOADED: 0.6,
}


@dataclass(frozen=True)
class Behaviour:
    """How a simulated annotator listens and answers."""

    noise: float = 0.08  # standard deviation of a rating around the truth, as a share of the scale
    heeds_truth: bool = True  # false if the annotator answers without listening
    drift: float = 0.0  # how much ratings rise over the session, as a share of the scale
    straight_line: bool = False  # whether the same position of every scale is chosen
    leaves_after: float | None = None  # share of the trials after which the annotator closes the browser
    answer_ms: int = 4_000  # typical time to an answer


BEHAVIOURS = {
    "truthful": Behaviour(),
    "noisy": Behaviour(noise=0.3),
    "lazy": Behaviour(heeds_truth=False, answer_ms=700),
    "straight-lining": Behaviour(straight_line=True, answer_ms=900),
    "order-biased": Behaviour(noise=0.1, drift=0.35),
    "leaving-half-way": Behaviour(leaves_after=0.5),
}
# Out of ten annotators, four are truthful, two noisy, and one has each of the other behaviours.
MIXTURE = [*["truthful"] * 4, *["noisy"] * 2, "lazy", "straight-lining", "order-biased", "leaving-half-way"]


def simulate(
    study: Study, number: int, seed: int = 0, *, done: Callable[[Annotator], None] = lambda annotator: None
) -> list[Annotator]:
    """Let simulated annotators take a study in any state; return them.

    Parameters
    ----------
    study
        A study with questions and stimuli.
    number
        Number of annotators; their behaviours follow :data:`MIXTURE`.
    seed
        Seed of their answers. Their trials depend on the study's seed and on random pseudonyms.
    done
        Called with each annotator when finished.
    """
    rng = random.Random(f"rehearsal:{seed}")
    annotators = []
    for index in range(number):
        name = MIXTURE[index % len(MIXTURE)]
        device_family = rng.choice(["desktop", "phone"])
        annotator = join(study, rehearsal=True, behaviour=name, device_family=device_family)
        _Walk(annotator, BEHAVIOURS[name], random.Random(f"{seed}:{index}")).go()
        annotators.append(annotator)
        done(annotator)
    return annotators


def in_words(annotators: Sequence[Annotator]) -> str:
    """Return a sentence about how many have finished, and how the others ended."""
    ends = Counter(outcome(annotator) for annotator in annotators)
    finished = ends.pop(Return.Outcome.DONE, 0)
    sentence = f"{finished} of {len(annotators)} simulated annotators finished the study."
    if not ends:
        return sentence
    others = (
        f"{number} {Return.Outcome(end).label if end else 'closed the browser half-way'}"
        for end, number in ends.most_common()
    )
    return f"{sentence} The others: {', '.join(others)}."


def discard(study: Study) -> int:
    """Delete the rehearsal (and researchers' previews); return the number of deleted annotators."""
    with transaction.atomic():
        rehearsals = study.annotators.rehearsals()
        number = rehearsals.count()
        rehearsals.delete()
        if not study.annotators.exists() and study.state == Study.State.DRAFT:
            study.versions.all().delete()
    return number


class _Walk:
    """The session of one simulated annotator."""

    def __init__(self, annotator: Annotator, behaviour: Behaviour, rng: random.Random) -> None:
        self.annotator = annotator
        self.behaviour = behaviour
        self.rng = rng
        self.sequence = 0
        self.favourite = rng.random()

    def go(self) -> None:
        session.give_consent(self.annotator)
        answer_pages(self.annotator, self.rng)
        session.finish_instructions(self.annotator)
        screening.set_level(self.annotator, -12.0)
        session.finish_sound_check(self.annotator, {"outcome": "passed", "attempts": 1})
        pass_headphone_checks(self.annotator)
        version = None  # a draft that is edited meanwhile is told apart from one annotator to the next
        while trial := session.current_trial(self.annotator, version=version):
            version = trial.version
            done, total = session.progress(self.annotator)
            leaves = self.behaviour.leaves_after
            if leaves is not None and done >= leaves * total:
                return
            self._do(trial, (done / total) if total else 0)
        answer_pages(self.annotator, self.rng)

    def _do(self, trial: Trial, elapsed: float) -> None:
        presentations = list(trial.presentations.all())
        self.blind = [item for item in presentations if item.is_blind]
        self.trial = trial
        events = []
        for question in questions_for(trial):
            about = asked_about(question, presentations)
            events += [self._event(trial, question, presentation, elapsed) for presentation in about]
        record_judgments(self.annotator, events)
        session.finish_trial(self.annotator, trial.token, self._listening(presentations))

    def _event(
        self, trial: Trial, question: Question, presentation: Presentation | None, elapsed: float
    ) -> dict[str, Any]:
        self.sequence += 1
        return {
            "uuid": str(uuid.uuid4()),
            "trial": trial.token,
            "question": question.pk,
            "presentation": presentation and presentation.token,
            "value": self._answer(question, presentation, elapsed),
            "sequence": self.sequence,
            "age_ms": 0,
            "response_ms": round(self.behaviour.answer_ms * self.rng.uniform(0.6, 1.8)),
        }

    def _answer(self, question: Question, presentation: Presentation | None, elapsed: float) -> Any:
        if question.pk == self.trial.attention.get("question") and self.attends():
            return self.trial.attention["expected"]
        heard = _Heard(self, question, presentation, elapsed)
        return question.answer_kind.simulated(question.options, heard, self.rng, required=question.required)

    def attends(self) -> bool:
        return self.behaviour.heeds_truth and not self.behaviour.straight_line

    def level(self, question: Question, presentation: Presentation | None, elapsed: float) -> float:
        """Return the position of the answer on the scale, 0 to 1."""
        if self.behaviour.straight_line:
            return self.favourite
        if not self.behaviour.heeds_truth or presentation is None:
            return self.rng.random()
        clip = presentation.stimulus.clip
        # Each track has its own level of each property, the same for all annotators.
        of_track = random.Random(f"{clip.track.name}:{question.key}").uniform(0.4, 1.0)
        remains = _REMAINS[clip.condition] if clip.target in ("", question.target) else 0.3
        level = remains * of_track
        return min(
            1.0, max(0.0, level + self.behaviour.drift * elapsed + self.rng.gauss(0, self.behaviour.noise))
        )

    def _listening(self, presentations: list[Presentation]) -> dict:
        return {
            "presentations": {
                item.token: {"intervals": [[0, item.stimulus.clip.seconds]], "plays": 1, "seeks": 0}
                for item in presentations
            },
            "focus_losses": 0,
        }


class _Heard:
    """What a simulated annotator hears of the property in question; see `questions.kind.Heard`."""

    def __init__(
        self, walk: "_Walk", question: Question, presentation: Presentation | None, elapsed: float
    ) -> None:
        self._walk, self._question = walk, question
        self._presentation, self._elapsed = presentation, elapsed

    @cached_property
    def about(self) -> float:
        return self._walk.level(self._question, self._presentation, self._elapsed)

    @cached_property
    def of_measures(self) -> dict[str, float]:
        measures = self._question.measures
        return {
            name: self._walk.level(one, self._presentation, self._elapsed) for name, one in measures.items()
        }

    @cached_property
    def of_clips(self) -> dict[str, float]:
        blind = self._walk.blind
        return {item.label: self._walk.level(self._question, item, self._elapsed) for item in blind}

    @property
    def right(self) -> str:
        intruders = [item.label for item in self._walk.blind if item.role == Presentation.Role.INTRUDER]
        if intruders:
            return intruders[0]
        x = self._walk.trial.presentations.get(role=Presentation.Role.X).stimulus_id
        return next(item.label for item in self._walk.blind if item.stimulus_id == x)

    @property
    def attends(self) -> bool:
        return self._walk.attends()

    @property
    def seconds(self) -> float:
        about = self._presentation or self._walk.blind[0]
        return about.stimulus.clip.seconds

    @property
    def stands_out(self) -> float:
        clips = [item.stimulus.clip for item in self._walk.blind]
        return sum(_REMAINS[clip.condition] for clip in clips) / len(clips)
