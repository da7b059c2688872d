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

from studyserver.study.models import Annotator, Presentation, Question, Return, Study, Trial
from studyserver.study.recruitment.recruiting import outcome
from studyserver.study.sessions import screening_steps as screening
from studyserver.study.sessions import session
from studyserver.study.sessions.answers import asked_about, questions_for, record_judgments
from studyserver.study.sessions.joining import join

from .screening import answer_pages, pass_headphone_checks
from .truth import TRUTHS, Ears, scenario_for


@dataclass(frozen=True)
class Behaviour:
    """How a simulated annotator listens and answers."""

    noise: float = 1.0  # chance error of an answer, as a multiple of that in the truth
    heeds_truth: bool = True  # false if the annotator answers without listening
    drift: float = 0.0  # how much ratings rise over the session, as a share of the scale
    straight_line: bool = False  # whether the same position of every scale is chosen
    leaves_after: float | None = None  # share of the trials after which the annotator closes the browser
    answer_ms: int = 4_000  # typical time to an answer


BEHAVIOURS = {
    "truthful": Behaviour(),
    "truthful-no-effect": Behaviour(),
    "noisy": Behaviour(noise=3),
    "lazy": Behaviour(heeds_truth=False, answer_ms=700),
    "straight-lining": Behaviour(straight_line=True, answer_ms=900),
    "order-biased": Behaviour(drift=0.35),
    "leaving-half-way": Behaviour(leaves_after=0.5),
}
# Out of ten annotators, four are truthful, two noisy, and one has each of the other behaviours.
MIXTURE = [*["truthful"] * 4, *["noisy"] * 2, "lazy", "straight-lining", "order-biased", "leaving-half-way"]


def simulate(
    study: Study,
    number: int,
    seed: int = 0,
    *,
    truth: str = "",
    done: Callable[[Annotator], None] = lambda annotator: None,
) -> list[Annotator]:
    """Let simulated annotators take a study in any state; return them.

    Parameters
    ----------
    study
        A study with questions and stimuli.
    number
        Number of annotators; their behaviours follow :data:`MIXTURE` if no truth is given.
    seed
        Seed of their answers. Their trials depend on the study's seed and on random pseudonyms.
    truth
        A name in :data:`.truth.TRUTHS`: all are truthful, about conditions that differ or that do not.
    done
        Called with each annotator when finished.
    """
    rng = random.Random(f"rehearsal:{seed}")
    annotators = []
    behaviours = [TRUTHS[truth]] if truth else MIXTURE
    scenarios = {name: scenario_for(study, name) for name in set(behaviours)}
    for index in range(number):
        name = behaviours[index % len(behaviours)]
        device_family = rng.choice(["desktop", "phone"])
        annotator = join(study, rehearsal=True, behaviour=name, device_family=device_family)
        chance = random.Random(f"{seed}:{index}")
        _Walk(annotator, BEHAVIOURS[name], Ears(scenarios[name], chance), chance).go()
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

    def __init__(self, annotator: Annotator, behaviour: Behaviour, ears: Ears, rng: random.Random) -> None:
        self.annotator = annotator
        self.behaviour = behaviour
        self.ears = ears
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

    @cached_property
    def targets(self) -> set[str]:
        """The targets of the study's clips."""
        clips = self.annotator.study.stimuli.exclude(clip__target="")
        return set(clips.values_list("clip__target", flat=True))

    def level(
        self,
        question: Question,
        presentation: Presentation | None,
        elapsed: float,
        *,
        target: str = "",
        name: str = "",
    ) -> float:
        """Return the position of the answer on the scale, 0 to 1.

        Parameters
        ----------
        question, presentation, elapsed
            What is asked about which clip, after which share of the session.
        target
            What is heard, if it is not the question's target.
        name
            Of the property in which tracks differ; by default the target, or the question without one.
        """
        if self.behaviour.straight_line:
            return self.favourite
        if not self.behaviour.heeds_truth or presentation is None:
            return self.rng.random()
        error = self.rng.gauss(0, self.behaviour.noise * self.ears.scenario.error)
        if presentation.role == Presentation.Role.HIDDEN_REFERENCE:
            return max(0.0, 1 - 0.3 * abs(error))  # it is heard to be the same as the reference
        target = target or question.target
        level = self.ears.level(presentation.stimulus.clip, target, name or target or question.key)
        return min(1.0, max(0.0, level + self.behaviour.drift * elapsed + error))

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
        return {
            name: self._walk.level(one, self._presentation, self._elapsed, name=self._property(one))
            for name, one in self._question.measures.items()
        }

    def _property(self, measure: Question) -> str:
        """Return the property that a measure is about: several measures of one target are different ones."""
        return measure.key if measure.target == self._question.target else measure.target

    @cached_property
    def of_clips(self) -> dict[str, float]:
        blind = self._walk.blind
        return {item.label: self._walk.level(self._question, item, self._elapsed) for item in blind}

    def of_targets(self, names: Sequence[str]) -> dict[str, float]:
        known = [name for name in names if name in self._walk.targets]
        return {
            name: self._walk.level(self._question, self._presentation, self._elapsed, target=name)
            for name in known
        }

    @property
    def apart(self) -> float:
        ears, target = self._walk.ears, self._question.target
        first, *_others, last = (ears.kept(item.stimulus.clip, target) for item in self._walk.blind)
        return min(1.0, ears.scenario.told * abs(first - last))

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
        ears, clips = self._walk.ears, [item.stimulus.clip for item in self._walk.blind]
        return sum(ears.scenario.stands_out(ears.kept(clip, clip.target)) for clip in clips) / len(clips)
