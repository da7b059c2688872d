"""musicnn, a published music tagger, rebuilt in torch.

J. Pons and X. Serra, "musicnn: pre-trained convolutional neural networks for music audio tagging", 2019,
arXiv:1909.06654. The weights are theirs (ISC licence), converted from the TensorFlow checkpoints of
the Python package ``musicnn`` 0.1.0 by ``manage.py convert_musicnn``.
"""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

N_BANDS = 96


def _tags(text: str) -> tuple[str, ...]:
    return tuple(text.split(", "))


# Output order of the model trained on the Million Song Dataset with Last.fm tags.
MSD_TAGS = _tags(
    "rock, pop, alternative, indie, electronic, female vocalists, dance, 00s, "
    "alternative rock, jazz, beautiful, metal, chillout, male vocalists, classic rock, "
    "soul, indie rock, Mellow, electronica, 80s, folk, 90s, chill, instrumental, punk, "
    "oldies, blues, hard rock, ambient, acoustic, experimental, female vocalist, guitar, "
    "Hip-Hop, 70s, party, country, easy listening, sexy, catchy, funk, electro, "
    "heavy metal, Progressive rock, 60s, rnb, indie pop, sad, House, happy"
)
# Output order of the model trained on MagnaTagATune.
MTT_TAGS = _tags(
    "guitar, classical, slow, techno, strings, drums, electronic, rock, fast, piano, "
    "ambient, beat, violin, vocal, synth, female, indian, opera, male, singing, vocals, "
    "no vocals, harpsichord, loud, quiet, flute, woman, male vocal, no vocal, pop, soft, "
    "sitar, solo, man, classic, choir, voice, new age, dance, male voice, female vocal, "
    "beats, harp, cello, no voice, weird, country, metal, female voice, choral"
)

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
    n_tags : int
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
        """Return the tags' log-odds.

        Parameters
        ----------
        features : Tensor [shape=(n, time, 96)]
            ``log10(1 + 10000 m)`` of the power mel spectrogram m (16 kHz, frames of 512 samples
            every 256). Trained on 187 frames, 3 s; works on any length.

        Returns
        -------
        Tensor [shape=(n, n_tags)]
        """
        image = self.input_norm(features[:, None])
        shapes = torch.cat([shape(image).amax(dim=3) for shape in self.shapes], dim=1)
        return self._classify(torch.cat([shapes, *self._contexts(shapes)], dim=1))

    def _contexts(self, shapes: Tensor) -> list[Tensor]:
        """Return what each context layer adds up to with those before it, each (n, filters, time)."""
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
        # TensorFlow puts the odd one of an even filter's zeros at the end.
        self.padding = (0, 0, (width - 1) // 2, width // 2)

    def forward(self, image: Tensor) -> Tensor:
        """Map (n, 1, time, height) to (n, filters, time, positions)."""
        return self.norm(functional.relu(self.filters(functional.pad(image, self.padding))))


class _FullHeight(nn.Conv2d):
    """A convolution as high as its image: it moves in time only, and in one dimension twice as fast."""

    def forward(self, image: Tensor) -> Tensor:
        """Map (n, 1, time, height) to (n, filters, time, 1)."""
        weight = self.weight[:, 0].transpose(1, 2)
        return functional.conv1d(image[:, 0].transpose(1, 2), weight, self.bias)[..., None]


def state_from_tensorflow(variables: Mapping[str, np.ndarray]) -> dict[str, Tensor]:
    """Rename and reorder the original's variables for `Musicnn`.

    Parameters
    ----------
    variables : mapping of str to np.ndarray
        As `explainer.demo_models.tensorflow_checkpoint.read_checkpoint` returns them.

    Raises
    ------
    KeyError
        If a variable is missing, as for the package's other architecture, ``vgg``.
    """
    n_convolutions = len(_TIMBRAL_HEIGHTS) + len(_TEMPORAL_WIDTHS) + _CONTEXT_LAYERS
    n_shapes = n_convolutions - _CONTEXT_LAYERS
    state: dict[str, Tensor] = {}

    def take(name: str, scope: str, number: int, **parameters: str) -> None:
        scope += f"_{number}" if number else ""
        for ours, theirs in parameters.items():
            tensor = torch.from_numpy(variables[f"{scope}/{theirs}"])
            if theirs == "kernel":  # (height, width, in, out) or (in, out)
                tensor = tensor.permute(3, 2, 0, 1) if tensor.ndim == 4 else tensor.T
            state[f"{name}.{ours}"] = tensor.contiguous()

    def take_norm(name: str, number: int) -> None:
        statistics = {"running_mean": "moving_mean", "running_var": "moving_variance"}
        take(name, "batch_normalization", number, weight="gamma", bias="beta", **statistics)
        state[f"{name}.num_batches_tracked"] = torch.tensor(0)

    take_norm("input_norm", 0)
    for i in range(n_convolutions):
        layer = f"shapes.{i}" if i < n_shapes else f"context.{i - n_shapes}"
        take(f"{layer}.filters", "conv2d", i, weight="kernel", bias="bias")
        take_norm(f"{layer}.norm", i + 1)
    take_norm("pooled_norm", n_convolutions + 1)
    take("hidden", "dense", 0, weight="kernel", bias="bias")
    take_norm("hidden_norm", n_convolutions + 2)
    take("tags", "dense", 1, weight="kernel", bias="bias")
    return state
