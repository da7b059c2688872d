"""Training of A2E, A2Mid2E and the joint variant, as published.

Chowdhury, Vall, Haunschmid, Widmer. "Towards explainable music emotion recognition: the route via
mid-level features." ISMIR 2019: Adam with learning rate .0005, batches of 8, mean squared error.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from explainer.core.correlations.estimates import prediction_quality
from explainer.core.correlations.published import EMOTIONS, MID_LEVEL
from explainer.core.representations.kinds import log_filterbank
from explainer.demo_models.two_level_networks import A2E, A2Mid2E, A2Mid2EJoint

from .published_sets import Excerpt

VARIANTS: dict[str, type[nn.Module]] = {"a2e": A2E, "a2mid2e": A2Mid2E, "joint": A2Mid2EJoint}
LEARNING_RATE, BATCH = 5e-4, 8


class Split(NamedTuple):
    """Excerpts to train on and to measure on."""

    training: list[Excerpt]
    test: list[Excerpt]


def split(excerpts: Sequence[Excerpt], share: float, seed: int) -> Split:
    """Divide excerpts by chance; at least one is on either side.

    Parameters
    ----------
    share : float
        To measure on, 0 to 1.
    """
    order = np.random.default_rng(seed).permutation(len(excerpts))
    n_test = min(max(1, round(share * len(excerpts))), len(excerpts) - 1)
    test, training = order[:n_test], order[n_test:]
    return Split([excerpts[index] for index in training], [excerpts[index] for index in test])


def frames_of(seconds: float) -> int:
    """Return how many frames a stretch of so many seconds has."""
    return int(np.ceil(seconds * log_filterbank().frame_rate))


def fit(
    variant: str,
    excerpts: Sequence[Excerpt],
    *,
    epochs: int,
    seconds: float,
    seed: int,
    on_epoch: Callable[[float], object] = lambda loss: None,
) -> nn.Module:
    """Train a network and return it in evaluation mode.

    Each epoch hears one stretch of every excerpt, from a place drawn anew.

    Parameters
    ----------
    variant : str
        One of `VARIANTS`.
    seconds : float
        Length of a stretch.
    seed : int
        Fixes initial weights, order, places and dropout.
    on_epoch : callable
        Told the mean loss of each epoch.
    """
    rng = np.random.default_rng([seed, 1])
    n_frames = frames_of(seconds)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = VARIANTS[variant]().train()
        optimiser = torch.optim.Adam(network.parameters(), LEARNING_RATE)
        for _ in range(epochs):
            losses = []
            order = rng.permutation(len(excerpts))
            # Batch normalisation cannot learn from a batch of one, so a single one left over waits.
            for start in range(0, len(order) - (len(order) % BATCH == 1 and len(order) > 1), BATCH):
                chosen = [excerpts[index] for index in order[start : start + BATCH]]
                # Every network of VARIANTS has a loss, which nn.Module cannot say.
                loss = network.loss(*_batch(chosen, n_frames, rng))  # type: ignore[operator]
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                losses.append(loss.item())
            on_epoch(float(np.mean(losses)))
    return network.eval()


def evaluate(network: nn.Module, excerpts: Sequence[Excerpt], seconds: float) -> dict[str, Any]:
    """Compare predictions with ratings.

    Returns
    -------
    dict
        Target -> ``r`` with its 95 % ``interval`` and the number of ``excerpts``; targets with fewer than
        three rated excerpts are left out.
    """
    names = targets_of(network)
    with torch.inference_mode():
        predicted = np.stack(
            [
                network(torch.from_numpy(_middle(excerpt, frames_of(seconds))[None]))[0].numpy()
                for excerpt in excerpts
            ]
        )
    figures = {}
    for column, (name, _level) in enumerate(names):
        labels = np.array([_label(excerpt, name) for excerpt in excerpts])
        known = ~np.isnan(labels)
        if known.sum() >= 3:
            found = prediction_quality(labels[known, None], predicted[known, column, None])
            r, low, high = (float(part[0]) for part in (found.value, found.lower, found.upper))
            figures[name] = {"r": r, "interval": [low, high], "excerpts": int(known.sum())}
    return figures


def targets_of(network: nn.Module) -> list[tuple[str, str]]:
    """Return name and level of each output, in order."""
    emotions = [(name, "emotion") for name in EMOTIONS]
    return emotions if isinstance(network, A2E) else [*((name, "mid-level") for name in MID_LEVEL), *emotions]


def _label(excerpt: Excerpt, name: str) -> float:
    if name in MID_LEVEL:
        return float(excerpt.mid_level[MID_LEVEL.index(name)])
    return float(excerpt.emotions[EMOTIONS.index(name)])


def _batch(
    excerpts: Sequence[Excerpt], n_frames: int, rng: np.random.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    starts = [rng.integers(len(excerpt.features) - n_frames + 1) for excerpt in excerpts]
    heard = [
        excerpt.features[start : start + n_frames] for excerpt, start in zip(excerpts, starts, strict=True)
    ]
    labels = (
        np.stack([getattr(excerpt, level) for excerpt in excerpts]) for level in ("mid_level", "emotions")
    )
    features, mid_level, emotions = (
        torch.from_numpy(np.asarray(part, dtype=np.float32)) for part in (np.stack(heard), *labels)
    )
    return features, mid_level, emotions


def _middle(excerpt: Excerpt, n_frames: int) -> np.ndarray:
    start = (len(excerpt.features) - n_frames) // 2
    return excerpt.features[start : start + n_frames].astype(np.float32)
