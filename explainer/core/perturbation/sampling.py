"""Which masks to ask the model about.

A design is a boolean matrix: one row per question to the model, True where a segment stays.
All targets share it. Designs differ in how many questions an equally certain answer costs:
see ``docs/methods.md``.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.stats

from explainer.core.base.counting import plural

Masks = npt.NDArray[np.bool_]

OFFERED = 8  # independent masks for each that an optimal design takes
OPTIMAL_AT_ONCE = 512  # the cost grows with the cube; longer designs are made of such blocks
INTERACTION = 2.4  # strength of what segments do together that an optimal design expects, over their number
UNEXPLAINED = 0.03  # of the answers' variance that it expects no mask to explain


class SamplingError(ValueError):
    """A design that cannot be drawn as asked; the message says which one can."""


@dataclass(frozen=True)
class Design:
    """Masks, and which of them were drawn together.

    Attributes
    ----------
    masks : np.ndarray of bool [shape=(n_calls, n_segments)]
        True where the segment is present.
    clusters : np.ndarray of int [shape=(n_calls,)]
        Rows of one cluster were drawn together (a mask and its complement, the parts of one
        permutation); clusters are exchangeable, so that standard errors come from them.
    complete : bool
        Whether the design holds every mask there is: then nothing is left to chance.
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
        Share of segments that stay, strictly between 0 and 1.
    rng : np.random.Generator
        The only source of chance.

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
    """Each segment stays with the same probability, by itself; the first row is the whole track.

    The classic choice [1]_.

    .. [1] Ribeiro, Singh, Guestrin. "Why should I trust you?" KDD 2016.
    """
    masks = rng.random((calls, n_segments)) < keep_probability
    masks[0] = True
    return Design(masks, np.arange(calls))


def paired(n_segments: int, calls: int, keep_probability: float, rng: np.random.Generator) -> Design:
    """Each random mask is followed by its complement (antithetic sampling).

    Interactions of even order then cancel from the estimated weights.
    """
    _require_half("paired", keep_probability)
    half = rng.random((max(calls // 2, 1), n_segments)) < 0.5
    return _fold_over(half)


def hadamard(n_segments: int, calls: int, keep_probability: float, rng: np.random.Generator) -> Design:
    """Fold-over Hadamard blocks, each with its own random columns and signs [1]_.

    Within a block all segments are hidden equally often and all weights are estimated
    orthogonally to each other and to every interaction of two segments. Where not even one
    block fits into the budget, random rows of one are taken with their complements.

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
    """Hide every segment equally often, and as many per mask as independent choices would.

    Random permutations of the segments are cut into consecutive groups; each group is hidden
    once. The groups' sizes are spread evenly over their binomial distribution: were they all
    equal, only differences between weights could be known, not their level. For any keep probability; the
    way to stay near the track with few calls.
    """
    hidden = _group_sizes(n_segments, calls, 1 - keep_probability, rng)
    masks = np.ones((calls, n_segments), dtype=bool)
    clusters = np.empty(calls, dtype=np.intp)
    waiting: list[int] = []
    permutations = 0
    for row, size in enumerate(hidden):
        if len(waiting) < size:
            # What is left of the last permutation goes first; the next must not repeat it in this mask.
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
    quantiles = (np.arange(calls) + rng.random(calls)) / calls
    sizes = scipy.stats.binom.ppf(quantiles, n_segments, share).astype(np.intp)
    return rng.permutation(sizes)


def a_optimal(n_segments: int, calls: int, keep_probability: float, rng: np.random.Generator) -> Design:
    """One after another those independent masks that tell most of the weights [1]_.

    Of a crowd of independent masks the one is taken that leaves the smallest sum of variances of all
    weights, given those taken before, if answers are a Gaussian process whose covariance is a product over
    segments (`explainer.core.methods.process_surrogate`). So masks that differ from each other where segments
    interact are asked first, and any beginning of the design is one.

    .. [1] Chaloner, Verdinelli: Bayesian experimental design: a review. Statistical Science 10(3), 1995.
    """
    blocks = []
    for start in range(0, calls, OPTIMAL_AT_ONCE):
        wanted = min(OPTIMAL_AT_ONCE, calls - start)
        crowd = rng.random((OFFERED * wanted, n_segments)) < keep_probability
        crowd = crowd[~crowd.all(axis=1)]  # which would ask about the track again
        blocks.append(crowd[_most_telling(crowd, wanted, keep_probability)])
    masks = np.concatenate(blocks)
    return Design(masks, np.arange(len(masks)))


def _most_telling(crowd: Masks, wanted: int, p: float) -> list[int]:
    """Return the numbers of at most so many masks, in the order in which they are taken."""
    n, n_segments = crowd.shape
    strength = min(INTERACTION / n_segments, 0.3)
    kept = crowd.astype(float)
    # Of two masks the covariance depends on how many segments both keep, both hide, and one of them keeps.
    of_both_kept, of_both_hidden = np.log1p(strength * (1 - p) / p), np.log1p(strength * p / (1 - p))
    of_one_kept, size = np.log1p(-strength), kept.sum(axis=1)

    def covariance_with(row: int) -> np.ndarray:
        both_kept = kept @ kept[row]
        one_kept = size + size[row] - 2 * both_kept
        both_hidden = n_segments - both_kept - one_kept
        exponent = of_both_kept * both_kept + of_both_hidden * both_hidden + of_one_kept * one_kept
        return np.expm1(exponent)

    variance = np.expm1(of_both_kept * size + of_both_hidden * (n_segments - size))
    noise = UNEXPLAINED * variance.mean() if n else 0.0
    with_weights = strength * (kept - p) / np.sqrt(p * (1 - p))
    factor = np.zeros((wanted, n))
    taken: list[int] = []
    free = np.ones(n, dtype=bool)
    for step in range(min(wanted, n)):
        told = (with_weights**2).sum(axis=1) / (variance + noise)
        row = int(np.argmax(np.where(free, told, -1)))
        root = np.sqrt(variance[row] + noise)
        factor[step] = (covariance_with(row) - factor[:step].T @ factor[:step, row]) / root
        with_weights -= np.outer(factor[step], with_weights[row] / root)
        variance = np.maximum(variance - factor[step] ** 2, 0)
        free[row] = False
        taken.append(row)
    return taken


def exhaustive(n_segments: int, calls: int, keep_probability: float, rng: np.random.Generator) -> Design:
    """Every subset of the segments once."""
    _require_half("exhaustive", keep_probability)
    if n_segments > 20 or 2**n_segments > calls:
        raise SamplingError(
            f"all subsets of {plural(n_segments, 'segment')} are 2^{n_segments} masks, more than "
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
    """Return a Hadamard matrix of the smallest order, at least `minimum`, that can be constructed here.

    Paley's first construction for primes q = 3 (mod 4) gives order q + 1; Sylvester's doubling the rest.

    Returns
    -------
    np.ndarray of int8 [shape=(order, order)]
        Entries -1 and 1; rows are mutually orthogonal, and so are columns.
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
            f"the {name} design keeps half of the segments; with keep_probability {keep_probability} "
            "use the design 'balanced' or 'independent', or set keep_probability to 0.5"
        )
