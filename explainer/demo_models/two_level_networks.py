"""The networks of the two-level papers: A2E, A2Mid2E and the joint variant.

Input is the 149-band logarithmic spectrogram at 31.25 frames per second; 10 s are 313 frames, but any length
that is long enough for the pooling works.

Chowdhury, Vall, Haunschmid, Widmer. "Towards explainable music emotion recognition: the route
via mid-level features." ISMIR 2019.
"""

import torch
from torch import Tensor, nn

from explainer.core.correlations.published import EMOTIONS, MID_LEVEL


def convolution(
    channels_in: int, channels_out: int, size: int = 3, *, stride: int = 1, padding: int = 1
) -> list[nn.Module]:
    """Return a convolution with batch normalisation and rectifier, Kaiming-normal initialised."""
    layer = nn.Conv2d(channels_in, channels_out, size, stride=stride, padding=padding)
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    # bias=True is the default; the stubs know only that a layer may have none.
    nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
    return [layer, nn.BatchNorm2d(channels_out), nn.ReLU()]


def trunk() -> nn.Sequential:
    """Return the VGG-style layers shared by all variants: (n, 1, n_frames, n_bands) to (n, 256)."""
    return nn.Sequential(
        *convolution(1, 64, 5, stride=2, padding=2),
        *convolution(64, 64),
        nn.MaxPool2d(2),
        nn.Dropout(0.3),
        *convolution(64, 128),
        *convolution(128, 128),
        nn.MaxPool2d(2),
        nn.Dropout(0.3),
        *convolution(128, 256),
        *convolution(256, 256),
        *convolution(256, 384),
        *convolution(384, 512),
        *convolution(512, 256, padding=0),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
    )


def squared_error(predicted: Tensor, labels: Tensor) -> Tensor:
    """Return the mean squared error over labels that are not NaN; 0, with a gradient of 0, without any."""
    known = ~torch.isnan(labels)
    difference = torch.where(known, predicted - torch.nan_to_num(labels), torch.zeros_like(predicted))
    return difference.square().sum() / known.sum().clamp(min=1)


class A2E(nn.Module):
    """Sound to emotions directly, without named intermediate features."""

    def __init__(self, emotions: int = len(EMOTIONS)) -> None:
        super().__init__()
        self.trunk = trunk()
        self.emotions = nn.Linear(256, emotions)

    def forward(self, features: Tensor) -> Tensor:
        """Map features (n, n_frames, n_bands) to emotions (n, n_emotions)."""
        return self.emotions(self.trunk(features[:, None]))

    def loss(self, features: Tensor, mid_level: Tensor, emotions: Tensor) -> Tensor:
        """Return the mean squared error of the emotions; `mid_level` is not used, NaN is ignored."""
        return squared_error(self(features), emotions)


class A2Mid2E(nn.Module):
    """Sound to mid-level features, and from these, linearly, to emotions.

    The trunk learns the mid-level features only; the second level learns emotions from what
    the first predicts.

    Parameters
    ----------
    mid_level, emotions : int
        Numbers of targets.
    """

    emotions_teach_trunk = False

    def __init__(self, mid_level: int = len(MID_LEVEL), emotions: int = len(EMOTIONS)) -> None:
        super().__init__()
        self.trunk = trunk()
        self.mid_level = nn.Linear(256, mid_level)
        self.emotions = nn.Linear(mid_level, emotions)

    @property
    def emotion_weights(self) -> Tensor:
        """The second level as a matrix (n_mid_level, n_emotions)."""
        return self.emotions.weight.T

    @property
    def emotion_bias(self) -> Tensor:
        """The constants of the second level (n_emotions,)."""
        return self.emotions.bias

    def forward(self, features: Tensor) -> Tensor:
        """Map features (n, n_frames, n_bands) to (n, n_mid_level + n_emotions), mid-level first."""
        mid_level = self.mid_level(self.trunk(features[:, None]))
        return torch.cat([mid_level, self.emotions(mid_level)], dim=1)

    def loss(self, features: Tensor, mid_level: Tensor, emotions: Tensor) -> Tensor:
        """Return the sum of the mean squared errors on both levels; labels that are NaN are ignored."""
        predicted = self.mid_level(self.trunk(features[:, None]))
        passed_on = predicted if self.emotions_teach_trunk else predicted.detach()
        return squared_error(predicted, mid_level) + squared_error(self.emotions(passed_on), emotions)


class A2Mid2EJoint(A2Mid2E):
    """A2Mid2E whose trunk is trained by both losses.

    Emotion labels then affect the mid-level features too, so these can contain more information than their
    names cover.
    """

    emotions_teach_trunk = True
