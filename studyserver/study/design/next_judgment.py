"""Choice of the next judgment, which narrows the interval of a study's target figure most: pure functions.

For the means of stimuli, the next judgment goes to the stimulus with the widest interval. For the difference
of two conditions, each the mean of its clips' means, the variance is

    sum_c w_c^2 s_c^2 / n_c + b^2 sum_r (sum_{c heard by r} w_c / n_c)^2

with w_c one over the number of clips in the condition, negative in the second one; s_c^2 the variance of
judgments of the condition's clips, n_c their number, and b^2 the variance of annotators' biases, which
cancel for an annotator r who hears both conditions equally often. The next judgment is the one that reduces
this variance most (Neyman's allocation [1]_, one judgment at a time).

Variances are pooled over the clips of a condition. Near the ends of a scale judgments vary less, so with its
own variance a clip that happens to be judged too extreme at first would be judged less often and stay so;
that biased the difference by .03 steps of a five-point scale.

References
----------
.. [1] Neyman: On the two different aspects of the representative method. Journal of the Royal Statistical
   Society 97(4), 1934.
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
    """Return the candidates in order of how much an annotator's judgments of them narrow the figure.

    Parameters
    ----------
    ratings
        The judgments so far.
    stimuli
        All judged stimuli, whether or not they are part of the figure.
    target
        The figure.
    candidates
        The stimuli judged in each possible trial. Ties keep their order.
    pending
        Number of outstanding judgments of each stimulus; they count as given.
    heard
        Stimuli that the annotator has already been given.

    Returns
    -------
    list of int
        Indices of the candidates, the best first.
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
    ) -> None:
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
        """Return the candidates greedily, each by its gain after those before it."""
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
