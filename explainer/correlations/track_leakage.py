"""The part of the page of correlations on what passes through features beyond their names."""

from collections.abc import Sequence

import numpy as np

from explainer.core.base.counting import plural
from explainer.core.correlations.leakage import Leakage

from .heat_maps import PARTIAL, STANDARDISED, HeatMap, Part, heat_map

SHARE = "share of the emotion's variance"
_BY_NAME = (
    "Share of the predicted emotion's variance that passes through the feature as far as people's rating of "
    "the feature explains it. Negative where features cancel each other; all shares together add up "
    "to 1."
)
_BEYOND = (
    "Share that passes through the same feature but is not explained by its rating: noise, or something that "
    "has another name. Framed where it leaks, see below."
)
_CARRIED = (
    "Correlation of the feature with people's rating of the emotion, their ratings of all features held "
    "constant. Noise carries nothing. Framed where the interval leaves out zero and the weight has the "
    "same sign: knowledge of the emotion then passes through a feature that does not name it."
)
_WEIGHTS = (
    "Least squares of rated emotions on rated features, in standard deviations: the second level if its "
    "features were what their names say. Compare with the learned weights."
)


def part_of(model: str, found: Leakage, mid_level: Sequence[str], emotions: Sequence[str]) -> Part:
    """Return the part on a model's leakage.

    Parameters
    ----------
    model : str
        Its name.
    found : Leakage
    mid_level, emotions : sequence of str
        Names in the order of the tables.
    """
    lead, maps = _lead(model, found, emotions), _maps(found, mid_level, emotions)
    return Part("beyond", "Beyond the names", lead, maps, found.remarks)


def _lead(model: str, found: Leakage, emotions: Sequence[str]) -> str:
    lead = f"How far what passes through the features of {model} is what their names say"
    lead += f", on {plural(found.n_tracks, 'track')} with ratings."
    beyond = np.nansum(found.beyond_name.value, axis=0)
    most = int(np.argmax(beyond))
    lead += f" Most passes beyond the names to {emotions[most]}: {beyond[most]:.0%} of its variance."
    pairs = int(np.isfinite(found.residual.value).sum())
    if pairs:
        # One side of a 95 % interval.
        lead += f" In {found.leaks.sum()} of {pairs} pairs of feature and emotion it leaks"
        lead += f"; by chance alone it would seem to in about {pairs / 40:.0f}."
    return lead


def _maps(found: Leakage, mid_level: Sequence[str], emotions: Sequence[str]) -> list[HeatMap]:
    names = mid_level, emotions
    leaks = np.where(found.leaks, "leaks", "")
    maps = [
        heat_map("by-name", "Passes by name", _BY_NAME, found.by_name, *names, unit=SHARE),
        heat_map(
            "beyond-name",
            "Passes beyond the name",
            _BEYOND,
            found.beyond_name,
            *names,
            remarks=leaks,
            unit=SHARE,
        ),
    ]
    if np.isfinite(found.residual.value).any():
        title = "What lies beyond the name, and the emotion"
        maps.append(heat_map("carried", title, _CARRIED, found.residual, *names, remarks=leaks, unit=PARTIAL))
    if np.isfinite(found.rating_weights.value).any():
        title = "Weights that the ratings would get"
        maps.append(
            heat_map("rating-weights", title, _WEIGHTS, found.rating_weights, *names, unit=STANDARDISED)
        )
    return maps
