"""Superpixels: division by similarity of neighbouring cells, by the algorithms that `lime` wraps.

The rules for their parameters are listed here, so that a recipe can be checked without loading scikit-image.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np


class Rule(NamedTuple):
    """A check of a parameter's values, and the end of its message."""

    fits: Callable[[Any], bool]
    words: str


def _number(lowest: float, highest: float = math.inf, *, above: bool = False) -> Rule:
    def fits(value: Any) -> bool:
        if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
            return False
        return (value > lowest if above else value >= lowest) and value <= highest

    words = f"above {lowest:g}" if above else f"of at least {lowest:g}"
    return Rule(fits, f"must be a number {words}" + ("" if highest == math.inf else f", at most {highest:g}"))


def _whole(lowest: int, highest: int) -> Rule:
    def fits(value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= highest

    return Rule(fits, f"must be a whole number from {lowest} to {highest}")


_YES_OR_NO = Rule(lambda value: isinstance(value, bool), "must be either true or false")
_MOST = 1_000_000

# scikit-image's parameters, without those that describe the image or change the type of the result.
PARAMETERS: dict[str, dict[str, Rule]] = {
    "felzenszwalb": {"scale": _number(0, above=True), "sigma": _number(0, 100), "min_size": _whole(1, _MOST)},
    "slic": {
        "n_segments": _whole(1, _MOST),
        "compactness": _number(0, above=True),
        "max_num_iter": _whole(1, 1000),
        "sigma": _number(0, 100),
        "enforce_connectivity": _YES_OR_NO,
        "min_size_factor": _number(0),
        "max_size_factor": _number(0, above=True),
        "slic_zero": _YES_OR_NO,
    },
    "quickshift": {
        "ratio": _number(0, 1),
        "kernel_size": _number(1, 50),
        "max_dist": _number(0, above=True),
        "sigma": _number(0, 100),
        "rng": _whole(0, 2**32 - 1),
    },
}
# Parameters of each algorithm that a recipe can override; felzenszwalb's are those of the published two-level
# explanations (Haunschmid, Chowdhury, Widmer, 2019, arXiv:1905.11760).
DEFAULTS: dict[str, dict[str, Any]] = {
    "felzenszwalb": {"scale": 25, "min_size": 40},
    "slic": {"n_segments": 64, "compactness": 0.1},
    "quickshift": {"kernel_size": 4, "max_dist": 200, "ratio": 0.2},
}


def refusal(algorithm: str, parameters: Mapping[str, Any]) -> str:
    """Return why an algorithm cannot take these parameters; empty if it can.

    Parameters
    ----------
    algorithm : str
        One of `PARAMETERS`.
    """
    known = PARAMETERS[algorithm]
    for name, value in parameters.items():
        if name not in known:
            listed = ", ".join(sorted(known))
            return f"superpixels by {algorithm} have no parameter {name!r}; the parameters are {listed}"
        if not known[name].fits(value):
            return f"superpixel parameter {name!r} of {algorithm} {known[name].words}; it is {value!r}"
    return ""


def divide(image: np.ndarray, algorithm: str, parameters: Mapping[str, Any]) -> np.ndarray:
    """Return the numbers of superpixels [shape=(n_frames, n_bands), dtype=int].

    Parameters
    ----------
    image : np.ndarray [shape=(n_frames, n_bands)]
        At most 1.
    parameters : mapping
        Those left out take `DEFAULTS`.

    Raises
    ------
    TypeError, ValueError, ArithmeticError
        If the algorithm fails on this image with these parameters.
    """
    from lime.wrappers.scikit_image import SegmentationAlgorithm

    all_parameters = DEFAULTS[algorithm] | dict(parameters)
    if algorithm == "quickshift":  # it needs three colour channels
        image = np.repeat(image[:, :, np.newaxis], 3, axis=2)
    elif algorithm == "slic":
        all_parameters["channel_axis"] = None
    superpixels = SegmentationAlgorithm(algorithm)
    superpixels.set_params(**all_parameters)
    return superpixels(image)
