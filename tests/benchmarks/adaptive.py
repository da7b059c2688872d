"""How many judgments adaptive allocation saves over balanced allocation, and whether it biases the estimate.

Run from the root of the repository::

    python tests/benchmarks/adaptive.py              # 60 studies per row, of differences 300; ten minutes
    python tests/benchmarks/adaptive.py --studies 10

Simulated listeners judge on a five-point scale. Each has a bias and uses the scale more or less widely; each
clip has a mean and a doubtfulness of its own, the standard deviation with which listeners place it. Listeners
come one after another and do 20 trials (or as many as the row says) in blocks of 5, each clip at most once;
every clip is judged 5 times in balance first. Both allocations stop at the same declared width of the same
interval, as studyserver.study.design.interval_width computes it.

The saving is 1 - adaptive / balanced judgments. The bias is the estimate less the truth (the mean that
20 000 listeners would give), averaged over studies, with its Monte-Carlo standard error: for the means of
clips, averaged over clips; for a difference, of the difference. "Paired" is the mean difference of the
adaptive and the balanced estimate of the same clips. "Held" is how often the 95 % intervals held the truth
when the study stopped; a difference has one interval per study.
"""

import argparse
import random
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from studyserver.study.design.interval_width import PRIOR_DEGREES, Target, moderated_variances, tallies, width
from studyserver.study.design.next_judgment import ranking

RATER_BIAS, RATER_SPREAD = 0.3, 0.15
BLOCK, MINIMUM = 5, 5
OF_DIFFERENCES = 5  # times as many studies, since each has one interval only
CONDITION_MEANS = {"original": 4.3, "evidence": 3.7, "control": 2.3, "resynthesis": 4.2, "complement": 2.6}


@dataclass(frozen=True)
class Scenario:
    """A study to simulate.

    Attributes
    ----------
    words : str
    doubt : float
        Standard deviation between clips of the logarithm of their doubtfulness; 0: all alike.
    conditions : tuple of str
        Heard in the study; empty: 60 clips of any strength whose means are all of interest.
    precision : float
        Width of the 95 % interval at which both allocations stop.
    trials : int
        Of one listener.
    """

    words: str
    doubt: float
    precision: float
    conditions: tuple[str, ...] = ()
    trials: int = 20


SCENARIOS = [
    Scenario("means of 60 clips, very different doubt", 0.5, 1.0),
    Scenario("means of 60 clips, different doubt", 0.3, 1.0),
    Scenario("means of 60 clips, equal doubt", 0.0, 1.0),
    Scenario("evidence less control, among five conditions", 0.3, 0.4, tuple(CONDITION_MEANS)),
    Scenario("evidence less control, nothing else heard", 0.5, 0.4, ("evidence", "control")),
    Scenario("evidence less control, equal doubt", 0.0, 0.4, ("evidence", "control")),
    Scenario("evidence less control, 10 of 24 clips each", 0.5, 0.4, ("evidence", "control"), 10),
]


class Listeners:
    """Clips and the people who judge them."""

    def __init__(self, scenario: Scenario, generator: np.random.Generator):
        self.generator = generator
        names = scenario.conditions
        self.n_clips = 60 if not names else 12 * len(names)
        self.condition = [names[clip % len(names)] if names else "" for clip in range(self.n_clips)]
        if names:
            centre = np.array([CONDITION_MEANS[name] for name in self.condition])
            self.mean = centre + 0.6 * generator.normal(size=self.n_clips)
        else:
            self.mean = generator.uniform(1, 5, self.n_clips)
        deviation = scenario.doubt * generator.normal(size=self.n_clips)
        self.doubt = 0.8 * np.exp(deviation - scenario.doubt**2 / 2)

    def person(self, size: int | None = None) -> tuple:
        """Return bias and use of the scale, of one listener or of many."""
        generator = self.generator
        return RATER_BIAS * generator.normal(size=size), np.exp(RATER_SPREAD * generator.normal(size=size))

    def judge(self, person: tuple, clip: int) -> np.ndarray | float:
        """Return the judgment of a listener (or of many) about a clip."""
        bias, spread = person
        noise = self.doubt[clip] * self.generator.normal(size=np.shape(bias) or None)
        return np.clip(np.rint(3 + spread * (self.mean[clip] - 3) + bias + noise), 1, 5)

    def truth(self) -> np.ndarray:
        """Return the mean that very many listeners would give, for every clip."""
        return np.array([np.mean(self.judge(self.person(20_000), clip)) for clip in range(self.n_clips)])


def target_of(listeners: Listeners) -> Target:
    """Return the declared figure."""
    signs = {"evidence": 1, "control": -1}
    counts = {name: listeners.condition.count(name) for name in signs}
    weights = {
        clip: signs[name] / counts[name] for clip, name in enumerate(listeners.condition) if name in signs
    }
    return Target(4.0, weights)


def take_study(
    listeners: Listeners, target: Target, scenario: Scenario, *, adaptive: bool, seed: int
) -> list:
    """Return the judgments that a study has when it stops."""
    clips = range(listeners.n_clips)
    chance = random.Random(seed)
    found, ratings = tallies([], clips), []
    for annotator in range(10_000):
        person, heard = listeners.person(), set()
        for _ in range(min(scenario.trials, listeners.n_clips) // BLOCK):
            for clip in next_block(ratings, found, target, heard, chance, adaptive=adaptive):
                value = float(listeners.judge(person, clip))
                ratings.append((clip, annotator, value))
                found[clip].add(value)
                heard.add(clip)
            if min(tally.n for tally in found.values()) >= MINIMUM:
                wide = width(ratings, clips, target)
                if wide is not None and wide <= scenario.precision:
                    return ratings
    raise RuntimeError("the precision was never reached")


def next_block(
    ratings: list, found: dict, target: Target, heard: set, chance: random.Random, *, adaptive: bool
) -> list:
    """Return the clips that are judged next."""
    free = [clip for clip in found if clip not in heard]
    chance.shuffle(free)
    few = sorted((clip for clip in free if found[clip].n < MINIMUM), key=lambda clip: found[clip].n)
    if not adaptive:
        return sorted(free, key=lambda clip: found[clip].n)[:BLOCK]
    rest = [clip for clip in free if found[clip].n >= MINIMUM]
    soon = [*heard, *few[:BLOCK]]
    order = ranking(ratings, found, target, [[clip] for clip in rest], pending={}, heard=soon)
    return [*few, *(rest[number] for number in order)][:BLOCK]


def outcome(ratings: list, target: Target, truth: np.ndarray) -> tuple[int, float, float]:
    """Return the number of judgments, the error of the estimate, and the share of intervals that held."""
    clips = range(len(truth))
    found = tallies(ratings, clips)
    error = np.array([found[clip].mean for clip in clips]) - truth
    if target.weights:
        wrong = sum(weight * error[clip] for clip, weight in target.weights.items())
        return len(ratings), wrong, float(abs(wrong) <= width(ratings, clips, target) / 2)
    from scipy.special import stdtrit

    variances = moderated_variances(found, target.scale_range)
    half = [
        stdtrit(found[clip].n - 1 + PRIOR_DEGREES, 0.975) * np.sqrt(variances[clip] / found[clip].n)
        for clip in clips
    ]
    return len(ratings), float(error.mean()), float((np.abs(error) <= half).mean())


def main() -> None:
    """Print a row per scenario."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--studies", type=int, default=60)
    asked = parser.parse_args().studies
    print(
        f"{'figure':46} {'width':>5} {'balanced':>9} {'adaptive':>9} {'saving':>7} "
        f"{'bias balanced':>16} {'bias adaptive':>16} {'paired':>16} {'held':>11}"
    )
    for scenario in SCENARIOS:
        studies = asked * (OF_DIFFERENCES if scenario.conditions else 1)
        results = np.array([both(scenario, seed) for seed in range(studies)])
        n, error, held = results[:, :, 0].mean(axis=0), results[:, :, 1], results[:, :, 2].mean(axis=0)
        error = np.column_stack([error, error[:, 1] - error[:, 0]])
        bias, noise = error.mean(axis=0), error.std(axis=0, ddof=1) / np.sqrt(studies)
        biases = " ".join(f"{one:+9.3f} ± {two:.3f}" for one, two in zip(bias, noise, strict=True))
        print(
            f"{scenario.words:46} {scenario.precision:5.2f} {n[0]:9.0f} {n[1]:9.0f} "
            f"{1 - n[1] / n[0]:7.0%} {biases} {held[0]:5.2f} {held[1]:5.2f}",
            flush=True,
        )


def both(scenario: Scenario, seed: int) -> list:
    """Return the outcomes of balanced and of adaptive allocation for the same clips."""
    found = []
    for adaptive in (False, True):
        listeners = Listeners(scenario, np.random.default_rng(seed))
        truth, target = listeners.truth(), target_of(listeners)
        ratings = take_study(listeners, target, scenario, adaptive=adaptive, seed=seed)
        found.append(outcome(ratings, target, truth))
    return found


if __name__ == "__main__":
    main()
