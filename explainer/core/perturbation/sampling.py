"""Sampling designs: the masks on which the model is evaluated.

A design is a boolean matrix: one row per call of the model, True where a segment is kept.
All targets share it. Designs differ in how many calls an equally certain estimate costs: see
``docs/methods.md``.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.stats

from explainer.core.base.counting import plural

Masks = npt.NDArray[np.bool_]

CANDIDATES_PER_MASK = 8  # independent masks from which an optimal design chooses each of its masks
OPTIMAL_BLOCK = 512  # masks; the cost grows with the cube, so longer designs consist of such blocks
INTERACTION = 2.4  # strength of interactions that an optimal design assumes, times the number of segments
NOISE_SHARE = 0.03  # share of the outputs' variance that it assumes to be noise


class SamplingError(ValueError):
    """Raised for a design that cannot be drawn; the message names one that can."""


@dataclass(frozen=True)
class Design:
    """Masks, and the clusters in which they were drawn.

    Attributes
    ----------
    masks : np.ndarray of bool [shape=(n_calls, n_segments)]
        True where the segment is present.
    clusters : np.ndarray of int [shape=(n_calls,)]
        Rows of one cluster were drawn together (a mask and its complement, the parts of one
        permutation); clusters are exchangeable, so standard errors are computed from them.
    complete : bool
        Whether the design holds every possible mask: then estimates have no sampling error.
    """

    masks: Masks
    clusters: npt.NDArray[np.intp]
    complete: bool = False


def draw_design(
    name: str, n_segments: int, calls: int, keep_probability: float, rng: np.random.Generator
) -> Design:
    """Draw at most `calls` masks.

    Parameters
    ----------
    name : str
        One of `DESIGNS`.
    n_segments : int
        Number of segments, at least 1.
    calls : int
        Greatest number of masks; designs that come in blocks may use fewer.
    keep_probability : float
        Share of segments that are kept, strictly between 0 and 1.
    rng : np.random.Generator
        The only source of randomness.

    Raises
    ------
    SamplingError
        If the design is unknown or does not exist for these numbers.

    Examples
    --------
    >>> import numpy as np
    >>> design = draw_design("paired", 4, 6, 0.5, np.random.default_rng(0))
    >>> design.masks.astype(int)
    array([[0, 1, 1, 1],
           [1, 0, 0, 0],
           [0, 0, 0, 0],
           [1, 1, 1, 1],
           [0, 0, 0, 1],
           [1, 1, 1, 0]])
    """
    if name not in DESIGNS:
        raise SamplingError(f"there is no sampling design {name!r}; use one of {', '.join(DESIGNS)}")
    if n_segments < 1 or calls < 1:
        raise SamplingError("a design needs at least one segment and at least one call")
    return DESIGNS[name](n_segments, calls, keep_probability, rng)


def independent(n_segments: int, calls: int, keep_probability: float, rng: np.random.Generator) -> Design:
    """Keep each segment independently with the same probability; the first row is the whole track.

    The design of the original LIME [1]_.

    .. [1] Ribeiro, Singh, Guestrin. "Why should I trust you?" KDD 2016.
    """
    masks = rng.random((calls, n_segments)) < keep_probability
    masks[0] = True
    return Design(masks, np.arange(calls))


def paired(n_segments: int, calls: int, keep_probability: float, rng: np.random.Generator) -> Design:
    """Follow each random mask by its complement (antithetic sampling).

    Interactions of even order then cancel from the estimated weights.
    """
    # With presence coded as -1 and 1, a complement flips the sign of odd products of segments and leaves
    # even ones as they are; a weight is the difference within pairs, so even products drop out.
    _require_half("paired", keep_probability)
    half = rng.random((max(calls // 2, 1), n_segments)) < 0.5
    return _fold_over(half)


def hadamard(n_segments: int, calls: int, keep_probability: float, rng: np.random.Generator) -> Design:
    """Draw fold-over Hadamard blocks, each with its own random columns and signs [1]_.

    Within a block all segments are hidden equally often, and the estimates of the weights are
    orthogonal to each other and to every interaction of two segments. If the budget is smaller than one
    block, random rows of one are used with their complements.

    .. [1] Box, Hunter, Hunter. Statistics for Experimenters, 2nd ed., ch. 6 (fold-over).
    """
    _require_half("hadamard", keep_probability)
    matrix = hadamard_matrix(n_segments)
    order = len(matrix)
    halves = []
    for _ in range(max(calls // (2 * order), 1)):
        columns = rng.permutation(order)[:n_segments]
        signs = rng.choice((-1, 1), size=n_segments)
        halves.append(matrix[:, columns] * signs > 0)
    half = np.concatenate(halves)
    if 2 * len(half) > calls:
        half = half[np.sort(rng.permutation(order)[: max(calls // 2, 1)])]
    return _fold_over(half)


def balanced(n_segments: int, calls: int, keep_probability: float, rng: np.random.Generator) -> Design:
    """Hide every segment equally often, with as many hidden per mask as in independent masks.

    Random permutations of the segments are cut into consecutive groups; each group is hidden
    once. The groups' sizes are spread evenly over their binomial distribution: with equal sizes, only
    differences between weights could be estimated, not their level. Works with any keep probability, so
    it suits masks close to the whole track at few calls.
    """
    hidden = _group_sizes(n_segments, calls, 1 - keep_probability, rng)
    masks = np.ones((calls, n_segments), dtype=bool)
    clusters = np.empty(calls, dtype=np.intp)
    waiting: list[int] = []
    permutations = 0
    for row, size in enumerate(hidden):
        if len(waiting) < size:
            # The rest of the last permutation comes first; those of its segments that are in this rest go
            # to the end of the next permutation, so that one mask does not name a segment twice.
            following = rng.permutation(n_segments).tolist()
            repeated = set(waiting)
            waiting += [s for s in following if s not in repeated] + [s for s in following if s in repeated]
            permutations += 1
        masks[row, waiting[:size]] = False
        del waiting[:size]
        clusters[row] = permutations - 1
    return Design(masks, clusters)


def _group_sizes(n_segments: int, calls: int, share: float, rng: np.random.Generator) -> npt.NDArray[np.intp]:
    """Return how many segments each mask hides: quantiles of the binomial distribution in random order."""
    # One quantile from each of `calls` equal strata: close to the distribution even with few calls.
    quantiles = (np.arange(calls) + rng.random(calls)) / calls
    sizes = scipy.stats.binom.ppf(quantiles, n_segments, share).astype(np.intp)
    return rng.permutation(sizes)


def a_optimal(n_segments: int, calls: int, keep_probability: float, rng: np.random.Generator) -> Design:
    """Choose greedily the independent masks that reduce the variance of the weights most (A-optimal) [1]_.

    From independent candidates each step chooses the mask that minimises the sum of the weights' posterior
    variances given the masks chosen before, under a Gaussian process whose covariance is a product over
    segments (`explainer.core.methods.process_surrogate`). Every beginning of the design is such a design
    too, so evaluation can stop early.

    .. [1] Chaloner, Verdinelli: Bayesian experimental design: a review. Statistical Science 10(3), 1995.
    """
    blocks = []
    for start in range(0, calls, OPTIMAL_BLOCK):
        n_masks = min(OPTIMAL_BLOCK, calls - start)
        candidates = rng.random((CANDIDATES_PER_MASK * n_masks, n_segments)) < keep_probability
        candidates = candidates[~candidates.all(axis=1)]  # the output on the whole track is known
        blocks.append(candidates[_select_greedily(candidates, n_masks, keep_probability)])
    masks = np.concatenate(blocks)
    return Design(masks, np.arange(len(masks)))


def _select_greedily(candidates: Masks, n_masks: int, p: float) -> list[int]:
    """Return the rows of at most `n_masks` candidates, in the order in which they are chosen."""
    n, n_segments = candidates.shape
    strength = min(INTERACTION / n_segments, 0.3)
    kept = candidates.astype(float)
    # The covariance of two masks depends on how many segments both keep, both hide, and only one keeps.
    of_both_kept, of_both_hidden = np.log1p(strength * (1 - p) / p), np.log1p(strength * p / (1 - p))
    of_one_kept, size = np.log1p(-strength), kept.sum(axis=1)

    def covariance_with(row: int) -> np.ndarray:
        both_kept = kept @ kept[row]
        one_kept = size + size[row] - 2 * both_kept
        both_hidden = n_segments - both_kept - one_kept
        exponent = of_both_kept * both_kept + of_both_hidden * both_hidden + of_one_kept * one_kept
        return np.expm1(exponent)

    variance = np.expm1(of_both_kept * size + of_both_hidden * (n_segments - size))
    noise = NOISE_SHARE * variance.mean() if n else 0.0
    with_weights = strength * (kept - p) / np.sqrt(p * (1 - p))
    factor = np.zeros((n_masks, n))
    chosen: list[int] = []
    available = np.ones(n, dtype=bool)
    # A pivoted Cholesky decomposition whose pivot is chosen by the criterion: each step conditions the
    # process on one mask, which updates the variance of every candidate and its covariance with each
    # weight. Observing a candidate reduces the sum of the weights' variances by `reduction`.
    for step in range(min(n_masks, n)):
        reduction = (with_weights**2).sum(axis=1) / (variance + noise)
        row = int(np.argmax(np.where(available, reduction, -1)))
        root = np.sqrt(variance[row] + noise)
        factor[step] = (covariance_with(row) - factor[:step].T @ factor[:step, row]) / root
        with_weights -= np.outer(factor[step], with_weights[row] / root)
        variance = np.maximum(variance - factor[step] ** 2, 0)
        available[row] = False
        chosen.append(row)
    return chosen


def exhaustive(n_segments: int, calls: int, keep_probability: float, rng: np.random.Generator) -> Design:
    """Return every subset of the segments once."""
    _require_half("exhaustive", keep_probability)
    if n_segments > 20 or 2**n_segments > calls:
        raise SamplingError(
            f"{plural(n_segments, 'segment')} have 2^{n_segments} subsets, more than "
            f"{plural(calls, 'call')}; "
            "use fewer segments, more calls or another sampling design"
        )
    masks = (np.arange(2**n_segments)[:, None] >> np.arange(n_segments)) & 1 == 1
    return Design(masks, np.arange(len(masks)), complete=True)


DESIGNS: dict[str, Callable[[int, int, float, np.random.Generator], Design]] = {
    "independent": independent,
    "paired": paired,
    "hadamard": hadamard,
    "balanced": balanced,
    "a_optimal": a_optimal,
    "exhaustive": exhaustive,
}


def hadamard_matrix(minimum: int) -> npt.NDArray[np.int8]:
    """Return a Hadamard matrix of the smallest order, at least `minimum`, that these constructions reach.

    Paley's first construction [1]_ for primes q = 3 (mod 4) gives order q + 1; Sylvester's doubling [2]_
    gives the others.

    Returns
    -------
    np.ndarray of int8 [shape=(order, order)]
        Entries -1 and 1; rows are mutually orthogonal, and so are columns.

    References
    ----------
    .. [1] Paley: On orthogonal matrices. Journal of Mathematics and Physics 12, 1933.
    .. [2] Sylvester: Thoughts on inverse orthogonal matrices, simultaneous sign-successions, and tessellated
       pavements in two or more colours. Philosophical Magazine 34, 1867.
    """
    order = minimum
    while True:
        matrix = _hadamard_of_order(order)
        if matrix is not None:
            return matrix
        order += 1


def _hadamard_of_order(order: int) -> npt.NDArray[np.int8] | None:
    if order == 1:
        return np.ones((1, 1), dtype=np.int8)
    if order % 4 == 0 and _is_prime(order - 1):
        return _paley(order - 1)
    if order % 2 == 0:
        half = _hadamard_of_order(order // 2)
        if half is not None:
            return np.block([[half, half], [half, -half]]).astype(np.int8)
    return None


def _paley(prime: int) -> npt.NDArray[np.int8]:
    numbers = np.arange(prime)
    # The quadratic character: 1 for squares modulo the prime, -1 for the others, 0 for 0. The entries
    # character(i - j) + identity, bordered by a row of 1 and a column of -1, are orthogonal.
    character = np.full(prime, -1, dtype=np.int8)
    character[numbers**2 % prime] = 1
    character[0] = 0
    matrix = np.ones((prime + 1, prime + 1), dtype=np.int8)
    matrix[1:, 1:] = character[(numbers[:, None] - numbers) % prime] + np.eye(prime, dtype=np.int8)
    matrix[1:, 0] = -1
    return matrix


def _is_prime(number: int) -> bool:
    return number > 1 and all(number % divisor for divisor in range(2, int(number**0.5) + 1))


def _fold_over(half: Masks) -> Design:
    masks = np.stack([half, ~half], axis=1).reshape(-1, half.shape[1])
    return Design(masks, np.repeat(np.arange(len(half)), 2))


def _require_half(name: str, keep_probability: float) -> None:
    if keep_probability != 0.5:
        raise SamplingError(
            f"the design {name!r} keeps half of the segments; with keep_probability {keep_probability} "
            "use the design 'balanced' or 'independent', or set keep_probability to 0.5"
        )
