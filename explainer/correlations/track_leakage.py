"""The part of the correlations page on concept leakage: what passes through features beyond their names."""

from collections.abc import Sequence

import numpy as np

from explainer.core.base.counting import plural
from explainer.core.correlations.leakage import Leakage

from .heat_maps import PARTIAL, STANDARDISED, HeatMap, Part, heat_map

SHARE = "share of the emotion's variance"
_BY_NAME = (
    "Share of the predicted emotion's variance that passes through the part of the feature that people's "
    "rating of it explains. Negative where features cancel each other; all shares add up to 1."
)
_BEYOND = (
    "Share that passes through the part of the feature that its rating does not explain: noise, or "
    "information that the name does not cover. Framed where it leaks, see below."
)
_CARRIED = (
    "Correlation of the feature with people's rating of the emotion, with their ratings of all features held "
    "constant; it is zero for noise. Framed where the interval excludes zero and the weight has the same "
    "sign: information about the emotion then passes through a feature whose name does not cover it."
)
_WEIGHTS = (
    "Least squares of rated emotions on rated features, in standard deviations: the second level for "
    "features that match their names exactly. Compare it with the learned weights."
)


def part_of(model: str, found: Leakage, mid_level: Sequence[str], emotions: Sequence[str]) -> Part:
    """Return the part on a model's leakage.

    Parameters
    ----------
    model : str
        Name of the model.
    mid_level, emotions : sequence of str
        Names in the order of the tables.
    """
    lead, maps = _lead(model, found, emotions), _maps(found, mid_level, emotions)
    return Part("beyond", "Beyond the names", lead, maps, found.remarks)


def _lead(model: str, found: Leakage, emotions: Sequence[str]) -> str:
    lead = f"How well the features of {model} match their names"
    lead += f", on {plural(found.n_tracks, 'track')} with ratings."
    beyond = np.nansum(found.beyond_name.value, axis=0)
    most = int(np.argmax(beyond))
    lead += f" The largest share beyond the names is that of {emotions[most]}: {beyond[most]:.0%}."
    pairs = int(np.isfinite(found.residual.value).sum())
    if pairs:
        # One side of a 95 % interval.
        lead += f" {found.leaks.sum()} of {pairs} pairs of feature and emotion show leakage"
        lead += f"; by chance alone about {pairs / 40:.0f} would."
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
        title = "Correlation of the residual with the rated emotion"
        maps.append(heat_map("carried", title, _CARRIED, found.residual, *names, remarks=leaks, unit=PARTIAL))
    if np.isfinite(found.rating_weights.value).any():
        title = "Weights of rated features for rated emotions"
        maps.append(
            heat_map("rating-weights", title, _WEIGHTS, found.rating_weights, *names, unit=STANDARDISED)
        )
    return maps
