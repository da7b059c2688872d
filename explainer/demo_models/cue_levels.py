"""Common parts of the demo's two-level models: cues, scales of both levels, the linear second level."""

import torch
from torch import Tensor, nn

from explainer.core.correlations.published import MID_LEVEL

from .cue_descriptors import CueDescriptors

CUES = (*MID_LEVEL, "speed", "pitch_height")
N_CUES, N_EMOTIONS = len(CUES), 8
_RANGE = 4.0


class CueLevels(nn.Module):
    """Descriptors, their standardisation, and the map from standardised cues to cues and emotions.

    Parameters
    ----------
    n_separately : int or None
        Number of kinds of parts that are standardised separately, if the model describes parts of a piece.
    """

    descriptor_mean: Tensor
    descriptor_spread: Tensor
    cue_mean: Tensor
    cue_spread: Tensor
    emotion_weights: Tensor
    emotion_bias: Tensor

    def __init__(self, n_separately: int | None = None) -> None:
        super().__init__()
        self.descriptors = CueDescriptors()
        n_descriptors = self.descriptors.n_descriptors
        shape = (n_descriptors,) if n_separately is None else (n_separately, n_descriptors)
        self.register_buffer("descriptor_mean", torch.zeros(shape))
        self.register_buffer("descriptor_spread", torch.ones(shape))
        self.register_buffer("cue_mean", torch.zeros(N_CUES))
        self.register_buffer("cue_spread", torch.ones(N_CUES))
        self.register_buffer("emotion_weights", torch.zeros(N_CUES, N_EMOTIONS))
        self.register_buffer("emotion_bias", torch.zeros(N_EMOTIONS))

    def describe(self, features: Tensor) -> Tensor:
        """Return descriptors [shape=(n, ..., *descriptor_mean.shape)], with a dimension for parts if any."""
        return self.descriptors(features)

    def standardised(self, described: Tensor, heard: Tensor | None = None) -> Tensor:
        """Return descriptors in standard deviations, with outliers smoothly limited to four.

        Parameters
        ----------
        described : Tensor [shape=(..., *descriptor_mean.shape)]
        heard : Tensor of int, optional
            Positions of the given descriptors; by default all.
        """
        among = slice(None) if heard is None else heard
        deviation = (described - self.descriptor_mean[..., among]) / self.descriptor_spread[..., among]
        return _RANGE * torch.tanh(deviation / _RANGE)

    def answers(self, readings: Tensor) -> Tensor:
        """Map standardised cues (n, 9) to cues and emotions (n, 17)."""
        cues = self.cue_mean + self.cue_spread * readings
        return torch.cat([cues, cues @ self.emotion_weights + self.emotion_bias], dim=1)
