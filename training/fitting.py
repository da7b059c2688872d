"""What fitting the demo's two-level models has in common: descriptors, scales, and the descent."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from explainer.demo_models.cue_levels import CueLevels

from .corpus import Corpus
from .emotions import SecondLevel

# The largest number of half precision, nearly.
_HALF = 60_000.0


def _silent(done: int) -> None:
    """Tell nobody about progress."""


class Schedule(NamedTuple):
    """How long and how hard to train."""

    epochs: int
    batch: int
    learning_rate: float
    weight_decay: float = 0.1
    noise: float = 0.1
    """Standard deviation of what is added to standardised descriptors."""


def describe(
    model: CueLevels,
    features: np.ndarray,
    *,
    at_once: int,
    half: bool = False,
    progress: Callable[[int], object] = _silent,
) -> Tensor:
    """Return the descriptors of spectrograms.

    Parameters
    ----------
    model : CueLevels
    features : np.ndarray [shape=(n, n_frames, 149)]
    at_once : int
        Spectrograms in a batch.
    half : bool
        Return half precision, to spare memory.
    progress : callable
        Told how many more spectrograms are described.

    Returns
    -------
    Tensor [shape=(n, ...)]
        As `CueLevels.describe` returns them.
    """
    described = []
    with torch.no_grad():
        for start in range(0, len(features), at_once):
            batch = torch.from_numpy(features[start : start + at_once].astype(np.float32))
            part = model.describe(batch)
            described.append(part.clamp(-_HALF, _HALF).half() if half else part)
            progress(len(batch))
    return torch.cat(described)


def set_scales(model: CueLevels, described: Tensor, corpus: Corpus, emotions: SecondLevel) -> Tensor:
    """Set a model's scales from a described corpus, take the second level over, and return what to learn.

    Parameters
    ----------
    model : CueLevels
    described : Tensor [shape=(n, ...)]
        See `describe`.
    corpus : Corpus
    emotions : SecondLevel
        Taken over as it is, never trained: see docs/demo-models.md.

    Returns
    -------
    Tensor [shape=(n, 9)]
        The cues, standardised.
    """
    mean, spread = _moments(described, model.descriptor_mean.shape)
    model.descriptor_mean.copy_(mean)
    model.descriptor_spread.copy_(spread + 1e-6)
    cues = torch.from_numpy(corpus.cues)
    model.cue_mean.copy_(cues.mean(dim=0))
    model.cue_spread.copy_(cues.std(dim=0))
    model.emotion_weights.copy_(torch.from_numpy(emotions.weights))
    model.emotion_bias.copy_(torch.from_numpy(emotions.bias))
    return (cues - model.cue_mean) / model.cue_spread


def descend(
    parameters: Iterable[nn.Parameter],
    n_pieces: int,
    schedule: Schedule,
    loss: Callable[[Tensor], Tensor],
    progress: Callable[[int], object] = _silent,
) -> None:
    """Minimise a loss over batches of pieces, in an order drawn anew in each epoch.

    Parameters
    ----------
    parameters : iterable of nn.Parameter
    n_pieces : int
    schedule : Schedule
    loss : callable
        Loss of the pieces with given numbers.
    progress : callable
        Told after each epoch.
    """
    batch = min(schedule.batch, n_pieces)
    n_steps = n_pieces // batch
    optimiser = torch.optim.AdamW(parameters, schedule.learning_rate, weight_decay=schedule.weight_decay)
    rate = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, schedule.learning_rate, total_steps=schedule.epochs * n_steps
    )
    for _ in range(schedule.epochs):
        for chosen in torch.randperm(n_pieces)[: n_steps * batch].split(batch):
            value = loss(chosen)
            optimiser.zero_grad()
            value.backward()
            optimiser.step()
            rate.step()
        progress(1)


def _moments(described: Tensor, shape: torch.Size) -> tuple[Tensor, Tensor]:
    """Return mean and standard deviation over all but the last dimensions, which have the given shape."""
    count, total, squares = 0, torch.zeros(shape).double(), torch.zeros(shape).double()
    for part in described.split(256):
        values = part.double().reshape(-1, *shape)
        count += len(values)
        total += values.sum(dim=0)
        squares += values.square().sum(dim=0)
    mean = total / count
    return mean.float(), torch.sqrt(torch.clamp(squares / count - mean.square(), min=0)).float()
