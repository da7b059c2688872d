"""Fitting the cue model's readers to a corpus."""

from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor
from torch.nn import functional

from explainer.demo_models.cue_model import CommitteeMember, CueModel
from explainer.demo_models.cue_readers import HEARINGS, CueReader

from .corpus import Corpus
from .emotions import SecondLevel
from .fitting import Schedule, descend, describe, set_scales

DEFAULT_SCHEDULE = Schedule(epochs=24, batch=128, learning_rate=3e-3)
_DESCRIBED_AT_ONCE = 25


def fit(
    model: CueModel,
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
    model : CueModel
    corpus : Corpus
    emotions : SecondLevel
        Taken over as it is, never trained: see docs/demo-models.md.
    seed : int
        Fixes initial weights, order, dropout and noise.
    schedule : Schedule
    describing, training : callable
        Told about progress: spectrograms described, epochs trained.
    """
    descriptors = describe(model, corpus.features, at_once=_DESCRIBED_AT_ONCE, progress=describing)
    wanted = set_scales(model, descriptors, corpus, emotions)
    described = model.standardised(descriptors)
    for number, member in enumerate(model.members):
        readers = cast(CommitteeMember, member).readers
        for name, hearing in HEARINGS.items():
            with torch.random.fork_rng():
                torch.manual_seed(seed + number)
                reader = cast(CueReader, readers[name])
                _fit_reader(reader, described, wanted[:, hearing.numbers], schedule, training)
    model.eval()


def _fit_reader(
    reader: CueReader,
    described: Tensor,
    wanted: Tensor,
    schedule: Schedule,
    progress: Callable[[int], object],
) -> None:
    for layer in (reader.direct, reader.hidden, reader.out):
        layer.reset_parameters()
    reader.train()

    heard = described[:, reader.heard]

    def loss(chosen: Tensor) -> Tensor:
        noise = schedule.noise * torch.randn(len(chosen), heard.shape[1])
        return functional.mse_loss(reader.read(heard[chosen] + noise), wanted[chosen])

    descend(reader.parameters(), len(heard), schedule, loss, progress)
