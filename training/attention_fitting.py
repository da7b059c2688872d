"""Fitting the attention model's readers to a corpus."""

from collections.abc import Callable
from typing import cast

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from explainer.demo_models.attention_model import AttendingReader, AttentionCueModel, RegisterReaders
from explainer.demo_models.cue_readers import HEARINGS

from .corpus import Corpus
from .emotions import SecondLevel
from .fitting import Schedule, descend, describe, set_scales

DEFAULT_SCHEDULE = Schedule(epochs=16, batch=64, learning_rate=2e-3, noise=0.15)
# Cost of spread-out attention: so much per nat of its entropy. Without it the attention stays almost
# even, for averaging over all parts costs nothing.
FOCUS = 0.08
_DESCRIBED_AT_ONCE = 10


def fit(
    model: AttentionCueModel,
    corpus: Corpus,
    emotions: SecondLevel,
    seed: int,
    *,
    schedule: Schedule = DEFAULT_SCHEDULE,
    describing: Callable[[int], object] = lambda done: None,
    training: Callable[[int], object] = lambda done: None,
) -> None:
    """Fit a model in place and leave it in evaluation mode.

    Parameters
    ----------
    model : AttentionCueModel
    corpus : Corpus
    emotions : SecondLevel
        Taken over as it is, never trained: see docs/demo-models.md.
    seed : int
        Fixes initial weights, order, dropout and noise.
    schedule : Schedule
    describing, training : callable
        Told about progress: spectrograms described, epochs trained.
    """
    described = _parts(model, corpus.features, describing)
    wanted = set_scales(model, described, corpus, emotions)
    for name, hearing in HEARINGS.items():
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            readers = cast(RegisterReaders, model.readers[name])
            heard = described[..., readers.heard]
            _fit_readers(model, readers, heard, wanted[:, hearing.numbers], schedule, training)
    model.eval()


def effective_parts(model: AttentionCueModel, features: np.ndarray) -> tuple[np.ndarray, int]:
    """Return over how many parts the attention to each cue is spread on average, and how many there are.

    The number is the exponential of the entropy: 1 where one part gets everything, and the number
    of parts where all get alike.
    """
    described = _parts(model, features)
    with torch.inference_mode():
        entropies = [
            _entropy(model.read(model.standardised(part.float()))[1])
            for part in described.split(_DESCRIBED_AT_ONCE)
        ]
    return torch.cat(entropies).mean(dim=0).exp().numpy(), described.shape[1] * described.shape[2]


def _parts(
    model: AttentionCueModel, features: np.ndarray, progress: Callable[[int], object] = lambda done: None
) -> Tensor:
    return describe(model, features, at_once=_DESCRIBED_AT_ONCE, half=True, progress=progress)


def _fit_readers(
    model: AttentionCueModel,
    readers: RegisterReaders,
    heard: Tensor,
    wanted: Tensor,
    schedule: Schedule,
    progress: Callable[[int], object],
) -> None:
    for each in readers.registers:
        reader = cast(AttendingReader, each)
        for layer in (reader.direct, reader.hidden, reader.out, reader.score):
            layer.reset_parameters()
    readers.train()

    def loss(chosen: Tensor) -> Tensor:
        parts = model.standardised(heard[chosen].float(), readers.heard)
        readings, attention = readers.read(parts + schedule.noise * torch.randn_like(parts))
        error = functional.mse_loss((attention * readings).sum(dim=(1, 2)), wanted[chosen])
        return error + FOCUS * _entropy(attention).mean()

    descend(readers.parameters(), len(heard), schedule, loss, progress)


def _entropy(attention: Tensor) -> Tensor:
    """Return the entropy in nats of attention (n, n_stretches, N_REGISTERS, n_cues), shape (n, n_cues)."""
    return -(attention * torch.log(attention + 1e-9)).sum(dim=(1, 2))
