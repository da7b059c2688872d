"""What fitting the two demo models has in common."""

import numpy as np
import pytest
import torch

from explainer.demo_models.attention_model import N_REGISTERS, AttentionCueModel
from explainer.demo_models.cue_levels import N_CUES, N_EMOTIONS
from explainer.demo_models.cue_model import CueModel
from training.corpus import Corpus
from training.emotions import SecondLevel
from training.fitting import Schedule, descend, describe, set_scales

RNG = np.random.default_rng(2)
CORPUS = Corpus(RNG.random((5, 130, 149)).astype(np.float16), RNG.random((5, N_CUES)).astype(np.float32))
SECOND_LEVEL = SecondLevel(RNG.random((N_CUES, N_EMOTIONS)), RNG.random(N_EMOTIONS), {})


@pytest.mark.parametrize("model", [CueModel(1, 4), AttentionCueModel(4)], ids=["whole", "parts"])
def test_scales_are_those_of_the_described_corpus(model):
    told = []
    described = describe(model, CORPUS.features, at_once=2, progress=told.append)
    assert told == [2, 2, 1]
    wanted = set_scales(model, described, CORPUS, SECOND_LEVEL)
    # Whole pieces are standardised over pieces, parts over pieces and stretches, in each register.
    over = described.double().reshape(-1, *model.descriptor_mean.shape)
    torch.testing.assert_close(model.descriptor_mean, over.mean(dim=0).float())
    spread = over.std(dim=0, unbiased=False).float() + 1e-6
    torch.testing.assert_close(model.descriptor_spread, spread, rtol=1e-3, atol=1e-5)
    if isinstance(model, AttentionCueModel):
        assert model.descriptor_mean.shape[0] == N_REGISTERS
    torch.testing.assert_close(wanted.mean(dim=0), torch.zeros(N_CUES), atol=1e-5, rtol=0)
    np.testing.assert_allclose(model.answers(wanted)[:, :N_CUES], CORPUS.cues, atol=1e-5)
    np.testing.assert_allclose(model.emotion_weights, SECOND_LEVEL.weights, rtol=1e-6)


def test_half_precision_keeps_three_digits_and_overflows_nowhere():
    model = CueModel(1, 4)
    exact, half = (describe(model, CORPUS.features, at_once=5, half=half) for half in (False, True))
    assert half.dtype == torch.float16
    assert half.isfinite().all()
    torch.testing.assert_close(half.float(), exact, rtol=1e-3, atol=1e-4)


def test_descent_finds_the_least_squares_and_hears_every_piece_once_an_epoch():
    x = torch.from_numpy(RNG.standard_normal((40, 3))).float()
    layer, heard = torch.nn.Linear(3, 1), []
    truth = x @ torch.tensor([[1.0], [-2.0], [0.5]])

    def loss(chosen):
        heard.append(chosen)
        return (layer(x[chosen]) - truth[chosen]).square().mean()

    epochs = []
    torch.manual_seed(0)
    descend(layer.parameters(), 40, Schedule(60, 10, 0.1, weight_decay=0), loss, epochs.append)
    assert len(epochs) == 60
    assert sorted(torch.cat(heard[:4]).tolist()) == list(range(40))
    torch.testing.assert_close(layer.weight.detach(), torch.tensor([[1.0, -2.0, 0.5]]), atol=0.02, rtol=0)
