"""musicnn, a published music tagger, reimplemented in torch.

J. Pons and X. Serra, "musicnn: pre-trained convolutional neural networks for music audio tagging", 2019,
arXiv:1909.06654. The weights are theirs (ISC licence), from the TensorFlow checkpoints in the Python
package ``musicnn`` 0.1.0; ``origin.json`` next to them names these files.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

N_BANDS = 96

# TensorFlow's batch normalisation adds this to the variance.
_EPSILON = 1e-3
_TIMBRAL_HEIGHTS = (int(0.4 * N_BANDS), int(0.7 * N_BANDS))
_TIMBRAL_FILTERS, _TIMBRAL_WIDTH = 204, 7
_TEMPORAL_WIDTHS = (128, 64, 32)
_TEMPORAL_FILTERS = 51
_CONTEXT_WIDTH, _CONTEXT_LAYERS = 7, 3


class Musicnn(nn.Module):
    """Filters shaped like timbres and rhythms, three layers of context, and a pooled classifier.

    Parameters
    ----------
    n_context_filters : int
        Per layer of context.
    n_hidden : int
        Units of the classifier's hidden layer.
    """

    def __init__(self, n_tags: int = 50, n_context_filters: int = 64, n_hidden: int = 200) -> None:
        super().__init__()
        n_shapes = len(_TIMBRAL_HEIGHTS) * _TIMBRAL_FILTERS + len(_TEMPORAL_WIDTHS) * _TEMPORAL_FILTERS
        n_pooled = 2 * (n_shapes + _CONTEXT_LAYERS * n_context_filters)
        self.input_norm = nn.BatchNorm2d(1, eps=_EPSILON)
        self.shapes = nn.ModuleList(
            [_Convolution(_TIMBRAL_FILTERS, _TIMBRAL_WIDTH, height) for height in _TIMBRAL_HEIGHTS]
            + [_Convolution(_TEMPORAL_FILTERS, width, 1) for width in _TEMPORAL_WIDTHS]
        )
        heights = [n_shapes] + [n_context_filters] * (_CONTEXT_LAYERS - 1)
        self.context = nn.ModuleList(
            _Convolution(n_context_filters, _CONTEXT_WIDTH, height, _FullHeight) for height in heights
        )
        self.pooled_norm = nn.BatchNorm1d(n_pooled, eps=_EPSILON)
        self.hidden = nn.Linear(n_pooled, n_hidden)
        self.hidden_norm = nn.BatchNorm1d(n_hidden, eps=_EPSILON)
        self.tags = nn.Linear(n_hidden, n_tags)

    def forward(self, features: Tensor) -> Tensor:
        """Return the tags' log-odds [shape=(n, n_tags)].

        Parameters
        ----------
        features : Tensor [shape=(n, time, 96)]
            ``log10(1 + 10000 m)`` of the power mel spectrogram m (16 kHz, frames of 512 samples
            every 256). Trained on 187 frames, 3 s; works on any length.
        """
        image = self.input_norm(features[:, None])
        shapes = torch.cat([shape(image).amax(dim=3) for shape in self.shapes], dim=1)
        return self._classify(torch.cat([shapes, *self._contexts(shapes)], dim=1))

    def _contexts(self, shapes: Tensor) -> list[Tensor]:
        """Return the cumulative sums of the context layers, each (n, filters, time)."""
        sums: list[Tensor] = []
        below = shapes
        for layer in self.context:
            own = layer(below.transpose(1, 2)[:, None])[..., 0]
            sums.append(sums[-1] + own if sums else own)
            below = sums[-1]
        return sums

    def _classify(self, curves: Tensor) -> Tensor:
        pooled = torch.stack([curves.amax(dim=2), curves.mean(dim=2)], dim=2).flatten(1)
        hidden = functional.relu(self.hidden(self.pooled_norm(pooled)))
        return self.tags(self.hidden_norm(hidden))


class _Convolution(nn.Module):
    """Convolution (as long as its input), ReLU, batch normalisation, in this order."""

    def __init__(self, n_filters: int, width: int, height: int, kind: type[nn.Conv2d] = nn.Conv2d) -> None:
        super().__init__()
        self.filters = kind(1, n_filters, (width, height))
        self.norm = nn.BatchNorm2d(n_filters, eps=_EPSILON)
        # For even filters TensorFlow puts the odd zero of the padding at the end.
        self.padding = (0, 0, (width - 1) // 2, width // 2)

    def forward(self, image: Tensor) -> Tensor:
        """Map (n, 1, time, height) to (n, filters, time, positions)."""
        return self.norm(functional.relu(self.filters(functional.pad(image, self.padding))))


class _FullHeight(nn.Conv2d):
    """A convolution as high as its image, computed in one dimension, which is twice as fast."""

    def forward(self, image: Tensor) -> Tensor:
        """Map (n, 1, time, height) to (n, filters, time, 1)."""
        weight = self.weight[:, 0].transpose(1, 2)
        return functional.conv1d(image[:, 0].transpose(1, 2), weight, self.bias)[..., None]
