"""What simulated annotators hear, so that the results of a rehearsal can be compared with a known truth.

What an annotator hears of a property in a clip is a position on the scale, 0 to 1:

    kept * (mean + track) + worn + annotator + annotator in condition + annotator on track + error

where `kept` is the share that the clip's condition keeps, all other terms are drawn from normal distributions
with mean 0, and `worn`, a deviation of the clip's own, grows with what was removed. This is the model of the
answers (docs/answer-model.md), so the truth about every research question can be computed:
:mod:`studyserver.results.pages.verdicts.simulated`.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from explainer.models import Clip
from studyserver.study.models import PREVIEW, Study

_Condition = Clip.Condition


@dataclass(frozen=True)
class Scenario:
    """A truth about conditions, tracks and annotators; standard deviations are shares of the scale.

    Attributes
    ----------
    keeps
        Share of a property that is heard in each condition, 0 to 1.
    aside
        The same in masked clips that were made for another property.
    grows
        Whether evidence keeps more, the more segments it holds.
    worse
        Methods that keep less than the others.
    told
        How certainly two sounds are told apart, per difference of what they keep; at most 1 in all.
    mean, tracks
        Mean of a property over tracks, and how much tracks differ in it.
    wears
        Deviation of clips that keep nothing.
    annotators, by_condition, by_track, error
        How much annotators differ, in all, in one condition, on one track, and from one answer to the next.
    """

    keeps: Mapping[str, float]
    aside: float
    grows: bool
    told: float
    worse: frozenset[str] = frozenset()
    mean: float = 0.6
    tracks: float = 0.16
    wears: float = 0.2
    annotators: float = 0.05
    by_condition: float = 0.03
    by_track: float = 0.04
    error: float = 0.1

    def kept(self, condition: str, *, segments: int = 0, method: str = "", is_meant: bool = True) -> float:
        """Return the share of a property that a clip keeps; `is_meant` if it was made for the property."""
        if not is_meant:
            return self.aside
        share = self.keeps[condition]
        if self.grows and condition == _Condition.EVIDENCE and segments:
            share = 0.9 * segments / (segments + 1)
        return share * (0.6 if method in self.worse else 1)

    def stands_out(self, kept: float) -> float:
        """Return how surely a clip of another target is found among clips that keep this share of theirs."""
        return min(1.0, max(0.0, self.told * (kept - self.aside) / 2))


EFFECT = Scenario(
    {
        _Condition.ORIGINAL: 1.0,
        _Condition.RESYNTHESIS: 0.95,
        _Condition.EVIDENCE: 0.75,
        _Condition.BOOSTED: 0.9,
        _Condition.COMPLEMENT: 0.35,
        _Condition.COUNTER_EVIDENCE: 0.2,
        _Condition.RANDOM_CONTROL: 0.25,
        _Condition.UPLOADED: 0.6,
    },
    aside=0.25,
    grows=True,
    told=2.0,
)
# Every masked clip keeps the same of every property, and no sounds can be told apart.
NO_EFFECT = Scenario(
    {
        condition: 1.0 if condition in (_Condition.ORIGINAL, _Condition.RESYNTHESIS) else 0.5
        for condition in _Condition
    },
    aside=0.5,
    grows=False,
    told=0.0,
)
# Truths that can be asked for, with the behaviour that their annotators are stored with.
TRUTHS = {"effect": "truthful", "none": "truthful-no-effect"}


def scenario_for(study: Study, behaviour: str) -> Scenario:
    """Return the truth for annotators of a behaviour in a study.

    With an effect, the second of two methods that a research question compares keeps less.
    """
    if behaviour == TRUTHS["none"]:
        return NO_EFFECT
    asked = study.research_questions.exclude(first_method="").exclude(second_method="")
    return replace(EFFECT, worse=frozenset(asked.values_list("second_method", flat=True)))


def known_truth(study: Study) -> Scenario | None:
    """Return the truth of a study's rehearsal; None if it has annotators who answer otherwise, or none."""
    simulated = study.annotators.rehearsals().exclude(behaviour__in=["", PREVIEW])
    behaviours = set(simulated.values_list("behaviour", flat=True))
    if len(behaviours) != 1 or not behaviours <= set(TRUTHS.values()):
        return None
    return scenario_for(study, behaviours.pop())


class Ears:
    """What one annotator hears, but for chance error."""

    def __init__(self, scenario: Scenario, rng: random.Random) -> None:
        self.scenario, self._rng = scenario, rng
        self._own = rng.gauss(0, scenario.annotators)
        self._drawn: dict[tuple, float] = {}

    def kept(self, clip: Clip, target: str) -> float:
        """Return the share that a clip keeps of a target; of the sound in general if it is empty."""
        return self.scenario.kept(
            clip.condition,
            segments=clip.kept_segments or 0,
            method=clip.method,
            is_meant=not target or clip.target in ("", target),
        )

    def level(self, clip: Clip, target: str, name: str) -> float:
        """Return the position on the scale of what is heard of a property.

        Parameters
        ----------
        clip
            What is heard.
        target
            The model's target that the property is; may be empty.
        name
            Of the property; tracks, clips and annotators deviate by themselves in each.
        """
        truth, kept = self.scenario, self.kept(clip, target)
        of_track = truth.mean + truth.tracks * _normal("track", clip.track.name, name)
        worn = truth.wears * (1 - kept) * _normal("clip", clip.sha256, name)
        own = self._own + self._of(truth.by_condition, name, clip.condition)
        return kept * of_track + worn + own + self._of(truth.by_track, name, clip.track_id)

    def _of(self, spread: float, *names: object) -> float:
        """Return the annotator's deviation of a name, drawn the first time."""
        if names not in self._drawn:
            self._drawn[names] = self._rng.gauss(0, spread)
        return self._drawn[names]


@lru_cache(maxsize=10_000)
def _normal(*names: object) -> float:
    """Return a standard normal number that is the same for all annotators."""
    return random.Random(":".join(map(str, names))).gauss(0, 1)
