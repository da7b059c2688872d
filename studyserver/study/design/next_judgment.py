"""Where one more judgment narrows a study's target figure most: pure functions.

Of every stimulus' mean, the next judgment goes where the interval is widest. Of the difference of two
conditions, each the mean of its clips' means, the variance is

    sum_c w_c^2 s_c^2 / n_c + b^2 sum_r (sum_{c heard by r} w_c / n_c)^2

with w_c one over the number of clips in the condition, negative in the second one; s_c^2 the variance that
judgments of the condition's clips have, n_c their number, and b^2 the variance of annotators' biases, which
cancel for an annotator r who hears both conditions alike. The next judgment is the one by which this falls
most (Neyman's allocation, a judgment at a time).

The single clip's variance does not enter a difference: near the ends of a scale judgments vary less, so that
a clip that happens to be judged too extreme at first would be asked about less and stay so. The difference
was biased by .03 steps of a five-point scale.
"""

from collections.abc import Collection, Hashable, Mapping, Sequence

from .interval_width import Rating, Tally, Target, common_variance, moderated_variances, tallies, without_bias


def ranking(
    ratings: Sequence[Rating],
    stimuli: Collection[Hashable],
    target: Target,
    candidates: Sequence[Collection[Hashable]],
    *,
    pending: Mapping[Hashable, int],
    heard: Collection[Hashable] = (),
) -> list[int]:
    """Return in which order an annotator is best given what he or she may still hear.

    Parameters
    ----------
    ratings
        The judgments so far.
    stimuli
        What the figure is about, and what else is judged.
    target
        The figure.
    candidates
        The stimuli that each trial would have judged. Of equals the first comes first.
    pending
        How many judgments of each stimulus annotators have still to give; they count as given.
    heard
        What the annotator has been given already.

    Returns
    -------
    list of int
        Numbers of the candidates, the first one to be given first.
    """
    found = tallies(ratings, stimuli)
    counts = {stimulus: tally.n + pending.get(stimulus, 0) for stimulus, tally in found.items()}
    if not target.weights:
        variances = moderated_variances(found, target.scale_range)
        worth = [
            sum(
                variances[key] / counts[key] if counts[key] else float("inf")
                for key in judged
                if key in counts
            )
            for judged in candidates
        ]
        return sorted(range(len(candidates)), key=lambda number: -worth[number])
    return _Difference(ratings, found, target, counts, heard).order(candidates)


class _Difference:
    """The variance of a difference as one annotator's judgments are added to it."""

    def __init__(
        self,
        ratings: Sequence[Rating],
        found: Mapping[Hashable, Tally],
        target: Target,
        counts: dict[Hashable, int],
        heard: Collection[Hashable],
    ):
        self.weights, self.counts = target.weights, counts
        own = {key: tally for key, tally in found.items() if target.weights.get(key)}
        within = without_bias(ratings, own)
        self.error = {}  # variance of a judgment, by side
        for side in (True, False):
            tallied = [within[key] for key in own if (target.weights[key] > 0) == side]
            self.error[side] = common_variance(tallied, target.scale_range)
        whole, error = (common_variance(tallied.values(), target.scale_range) for tallied in (own, within))
        self.bias = max(whole - error, 0.0)
        self.load = sum(self.weights.get(key, 0.0) / max(counts.get(key, 0), 1) for key in heard)

    def order(self, candidates: Sequence[Collection[Hashable]]) -> list[int]:
        """Return the candidates by what each adds to those before it."""
        left, chosen = list(range(len(candidates))), []
        while left:
            best = max(left, key=lambda number: self._gain(candidates[number]))
            self.load += self._load(candidates[best])
            for key in candidates[best]:
                self.counts[key] = self.counts.get(key, 0) + 1
            left.remove(best)
            chosen.append(best)
        return chosen

    def _gain(self, judged: Collection[Hashable]) -> float:
        narrowed = 0.0
        for key in judged:
            weight, n = self.weights.get(key, 0.0), self.counts.get(key, 0)
            if weight:
                narrowed += weight**2 * self.error[weight > 0] / (n * (n + 1)) if n else float("inf")
        return narrowed - self.bias * ((self.load + self._load(judged)) ** 2 - self.load**2)

    def _load(self, judged: Collection[Hashable]) -> float:
        return sum(self.weights.get(key, 0.0) / (self.counts.get(key, 0) + 1) for key in judged)
