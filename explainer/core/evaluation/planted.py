"""Planted causes: tests of methods with sounds mixed into tracks.

By construction the model responds only to the planted sound, so it is known which segments must have the
weight.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from explainer.core.base.explanation import Target
from explainer.core.base.recipe import Recipe
from explainer.core.methods import explain
from explainer.core.models.adapters import TorchModel
from explainer.core.perturbation.masking import hidden_features
from explainer.core.perturbation.problem import Problem
from explainer.core.representations.representation import Representation
from explainer.core.segmentation.segments import segment

HARMONICS = 3
TREMOLO = 8.0  # Hz
LEVEL = 0.0  # dB of the planted sound over the track while it sounds
SHARPNESS = 10.0  # of attention: a cell with the sound gets up to exp(10) times that of one without


@dataclass(frozen=True)
class Finding:
    """How well a method found the planted sound in one track.

    Attributes
    ----------
    precision : float
        Share of the k strongest segments that contain the planted sound, where k segments contain it.
    rank : float
        Probability that a segment with it gets more weight than one without (area under the ROC curve).
    """

    method: str
    precision: float
    rank: float
    model_calls: int


class Detector(nn.Module):
    """A model with a saturating response to the cells that a planted sound has changed.

    Parameters
    ----------
    change : Tensor [shape=(n_frames, n_bands)]
        Change of each cell; not negative.
    """

    change: Tensor
    pattern: Tensor

    def __init__(self, change: Tensor) -> None:
        super().__init__()
        self.register_buffer("change", change)
        self.register_buffer("pattern", (change > 0).float())
        self.maps = nn.Conv2d(1, 1, 1, bias=False)
        nn.init.ones_(self.maps.weight)
        self.rectifier = nn.ReLU()

    def forward(self, features: Tensor) -> Tensor:
        """Map features (n, n_frames, n_bands) to one answer (n, 1), 0 to 1."""
        maps = self.rectifier(self.maps((features * self.pattern)[:, None]))
        heard = (maps[:, 0] * self.change).sum(dim=(1, 2)) / (self.change**2).sum()
        return torch.tanh(heard)[:, None]


class AttentiveDetector(Detector):
    """A detector with attention: it attends to cells with the planted sound and responds to their level."""

    def forward(self, features: Tensor) -> Tensor:
        """Map features (n, n_frames, n_bands) to one answer (n, 1), 0 to 1."""
        heard = self.rectifier(self.maps((features * self.pattern)[:, None]))[:, 0] / self.change.max()
        return torch.tanh((self.attention(features)[:, 0] * heard).sum(dim=(1, 2)))[:, None]

    def attention(self, features: Tensor) -> Tensor:
        """Return the shares of attention (n, 1, n_frames, n_bands), which add up to 1 over the cells."""
        match = features * self.change / self.change.max() ** 2
        return (SHARPNESS * match).flatten(1).softmax(dim=1).reshape(match.shape)[:, None]


def planted_sound(
    n_samples: int, sample_rate: int, start: float, stop: float, frequency: float
) -> np.ndarray:
    """Return a harmonic tone with tremolo between two times in seconds, silence elsewhere, peak about 1."""
    time = np.arange(n_samples) / sample_rate
    harmonics = np.arange(1, HARMONICS + 1)[:, None]
    tone = (np.sin(2 * np.pi * harmonics * frequency * time) / harmonics).sum(axis=0) / 1.8
    swell = np.clip(np.minimum(time - start, stop - time) / 0.05, 0, 1)
    return tone * swell * (0.55 + 0.45 * np.sin(2 * np.pi * TREMOLO * time))


def plant(
    y: np.ndarray, representation: Representation, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Mix a tone into a track, at a random time and pitch.

    Returns
    -------
    mixed : np.ndarray [shape=(n_samples,)]
    planted : np.ndarray [shape=(n_samples,)]
        The added tone, at `LEVEL` relative to the track's level during the tone.
    """
    rate = representation.sample_rate
    seconds = len(y) / rate
    length = seconds / 4
    start = rng.uniform(0, seconds - length)
    frequency = 440 * 2 ** rng.uniform(-1, 2)
    tone = planted_sound(len(y), rate, start, start + length, frequency)
    while_it_sounds = slice(int(start * rate), int((start + length) * rate))
    louder = _level(y[while_it_sounds]) / max(_level(tone[while_it_sounds]), 1e-12) * 10 ** (LEVEL / 20)
    return y + louder * tone, louder * tone


def clear_change(with_tone: np.ndarray, without: np.ndarray) -> np.ndarray:
    """Return the increase of each cell's feature by the planted sound, with small increases set to 0."""
    change = np.maximum(with_tone - without, 0)
    change[change < 0.2 * change.max()] = 0
    return change


def detector(change: np.ndarray, representation: Representation, *, attentive: bool = False) -> TorchModel:
    """Return a model whose output depends only on the level of the planted sound."""
    module = AttentiveDetector if attentive else Detector
    return TorchModel(
        module(torch.from_numpy(change)).eval(), representation, [Target("planted tone")], name="detector"
    )


def check_methods(
    y: np.ndarray,
    representation: Representation,
    recipe: Recipe,
    methods: Sequence[str],
    rng: np.random.Generator,
) -> list[Finding]:
    """Plant a tone in a track and measure how well each method finds it.

    Parameters
    ----------
    y : np.ndarray [shape=(n_samples,)]
    recipe : Recipe
        Its segments, sampling, calls and hidden value are used by every method.
    methods : sequence of str
        ``attention`` explains a detector with attention, the others one without.
    rng : np.random.Generator
        Draws time and pitch of the tone.
    """
    mixed, _ = plant(y, representation, rng)
    gain = representation.normalisation_gain(mixed)
    features = representation.features(mixed, gain)
    without = representation.features(y, gain)
    change = clear_change(features, without)
    segmentation = segment(
        recipe.segmentation, features, representation, mixed, recipe.segmentation_parameters
    )
    change_in_segment = segmentation.total(change.astype(float))
    planted = change_in_segment > 0.1 * change_in_segment.max()
    findings = []
    for method in methods:
        own_recipe = replace(recipe, method=method, method_parameters={}, stop_confidence=0.0)
        model = detector(change, representation, attentive=method == "attention")
        problem = Problem(features, segmentation, hidden_features(features, own_recipe), model)
        weights = explain(method, problem, own_recipe).weights[0]
        strongest = np.argsort(-weights, kind="stable")[: planted.sum()]
        findings.append(
            Finding(method, float(planted[strongest].mean()), _rank(weights, planted), problem.model_calls)
        )
    return findings


def _rank(weights: np.ndarray, planted: np.ndarray) -> float:
    if planted.all():
        return 1.0
    differences = weights[planted][:, None] - weights[~planted]
    return float(np.mean((differences > 0) + 0.5 * (differences == 0)))


def _level(y: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(y)))) if len(y) else 0.0
