"""Width of the interval of a study's target figure.

Pure functions. There are two target figures. Both generalise to new listeners with the same clips, because
more judgments increase only that precision (variation of the effect over clips needs more clips): every
clip's mean, with the 95 % interval 2 t s_c / sqrt(n_c), and the difference of two conditions, each the mean
of its clips' means. :mod:`.next_judgment` chooses the next judgment.

The s_c^2 are shrunk towards their common value with `PRIOR_DEGREES` prior degrees of freedom [1]_, so that a
clip whose first few judgments happen to be equal does not count as precise.

References
----------
.. [1] Smyth: Linear models and empirical Bayes methods for assessing differential expression in microarray
   experiments. Statistical Applications in Genetics and Molecular Biology 3(1), 2004.
"""

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt

PRIOR_DEGREES = 4.0
CONFIDENCE = 0.95

Rating = tuple[Hashable, Hashable, float]  # stimulus, annotator, value


@dataclass
class Tally:
    """Judgments of one stimulus."""

    n: int = 0  # number of judgments
    mean: float = 0.0  # 0 while there are none
    squares: float = 0.0  # sum of squared deviations from the mean

    def add(self, value: float) -> None:
        """Add a judgment, by Welford's algorithm (Technometrics 4(3), 1962)."""
        self.n += 1
        step = value - self.mean
        self.mean += step / self.n
        self.squares += step * (value - self.mean)


@dataclass(frozen=True)
class Target:
    """The figure to be estimated."""

    scale_range: float  # greatest minus smallest possible judgment
    # Weight of each stimulus' mean: 1 / C in the first condition, -1 / C in the second. Empty for the
    # separate means of all stimuli.
    weights: Mapping[Hashable, float] = field(default_factory=dict)


def tallies(ratings: Iterable[Rating], stimuli: Iterable[Hashable]) -> dict[Hashable, Tally]:
    """Return the tally of every stimulus; judgments of other stimuli are ignored."""
    found = {stimulus: Tally() for stimulus in stimuli}
    for stimulus, _annotator, value in ratings:
        if stimulus in found:
            found[stimulus].add(value)
    return found


def moderated_variances(found: Mapping[Hashable, Tally], scale_range: float) -> dict[Hashable, float]:
    """Return the variance between annotators for every stimulus, shrunk towards the common one.

    Before any stimulus has two judgments it is assumed to be a sixteenth of the squared range.
    """
    common = common_variance(found.values(), scale_range)
    return {
        stimulus: (PRIOR_DEGREES * common + tally.squares) / (PRIOR_DEGREES + max(tally.n - 1, 0))
        for stimulus, tally in found.items()
    }


def common_variance(found: Collection[Tally], scale_range: float) -> float:
    """Return the pooled variance; a sixteenth of the squared range if no stimulus has two judgments."""
    degrees = sum(tally.n - 1 for tally in found if tally.n > 1)
    return sum(tally.squares for tally in found) / degrees if degrees else scale_range**2 / 16


def width(ratings: Sequence[Rating], stimuli: Sequence[Hashable], target: Target) -> float | None:
    """Return the width of the target's 95 % interval: for the means of stimuli, that of the widest.

    None while a stimulus of the target has fewer than two judgments.
    """
    counted = [stimulus for stimulus in stimuli if target.weights.get(stimulus)] or list(stimuli)
    found = tallies(ratings, counted)
    if not found or min(tally.n for tally in found.values()) < 2:
        return None
    return _width_of_difference(ratings, found, target) if target.weights else _widest(found, target)


def _widest(found: Mapping[Hashable, Tally], target: Target) -> float:
    variances = moderated_variances(found, target.scale_range)
    return max(
        2 * _quantile(tally.n - 1 + PRIOR_DEGREES) * sqrt(variances[stimulus] / tally.n)
        for stimulus, tally in found.items()
    )


def _width_of_difference(ratings: Sequence[Rating], found: Mapping[Hashable, Tally], target: Target) -> float:
    """Return the width by the delete-one jackknife over annotators, each with all their judgments.

    The variance is at least that of random error alone. With few annotators the jackknife varies much, and a
    study that stops as soon as it is small would stop when it happens to be too small: its 95 % interval
    then contained the truth in 85 to 92 % of simulated studies.
    """
    # First-order delete-one jackknife: leaving an annotator out shifts each of their stimuli's means by
    # (value - mean) / (n - 1), and these shifts add up with the weights of the figure.
    shift: dict[Hashable, float] = {}
    for stimulus, annotator, value in ratings:
        if stimulus in found:
            tally = found[stimulus]
            step = target.weights[stimulus] * (value - tally.mean) / (tally.n - 1)
            shift[annotator] = shift.get(annotator, 0.0) + step
    n = len(shift)
    between = (n - 1) / n * sum(value**2 for value in shift.values())
    variances = moderated_variances(without_bias(ratings, found), target.scale_range)
    error = sum(target.weights[key] ** 2 * variances[key] / tally.n for key, tally in found.items())
    return 2 * _quantile(n - 1) * sqrt(max(between, error))


def without_bias(ratings: Sequence[Rating], found: Mapping[Hashable, Tally]) -> dict[Hashable, Tally]:
    """Return tallies of residuals of judgments, after the means of stimuli and the biases of annotators."""
    deviations: dict[Hashable, list[tuple[Hashable, float]]] = {}
    for stimulus, annotator, value in ratings:
        if stimulus in found:
            deviations.setdefault(annotator, []).append((stimulus, value - found[stimulus].mean))
    result = {stimulus: Tally() for stimulus in found}
    for own in deviations.values():
        if len(own) < 2:
            continue
        bias = sum(deviation for _stimulus, deviation in own) / len(own)
        scale = len(own) / (len(own) - 1)  # the annotator's bias takes one degree of freedom
        for stimulus, deviation in own:
            result[stimulus].n += 1
            result[stimulus].squares += scale * (deviation - bias) ** 2
    return result


def _quantile(degrees: float) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(degrees, (1 + CONFIDENCE) / 2))
