"""Toy models whose answers can be worked out by hand, and a sound to ask them about."""

import numpy as np
import soundfile
import torch
from onnx import TensorProto, helper

from explainer.core.base.explanation import Target
from explainer.core.base.recipe import Recipe
from explainer.core.models.adapters import CallableModel, TorchModel
from explainer.core.perturbation.masking import hidden_features
from explainer.core.perturbation.problem import Problem
from explainer.core.representations.kinds import log_filterbank
from explainer.core.segmentation.segments import Segmentation

REPRESENTATION = log_filterbank()
BACKGROUND, THRESHOLD, LOUD = 0.25, 0.5, 1.0


def grid(n_frames=24, n_bands=149, time_cells=4, band_cells=3) -> Segmentation:
    rows = np.arange(n_frames) * time_cells // n_frames
    columns = np.arange(n_bands) * band_cells // n_bands
    labels = (rows[:, None] * band_cells + columns).astype(np.int32)[None]
    return Segmentation(name="grid", labels=labels, layers=np.ones(labels.shape, dtype=np.float32))


def planted_features(segmentation: Segmentation, loud: tuple[int, ...]) -> np.ndarray:
    """Quiet everywhere but in some segments."""
    return np.where(np.isin(segmentation.labels[0], loud), LOUD, BACKGROUND).astype(np.float32)


class LoudCells(torch.nn.Module):
    """Counts, in percent of all cells and weighted by their excess, the cells above a threshold.

    Outputs: that figure, its negative, and one that no input changes.
    """

    def __init__(self) -> None:
        super().__init__()
        self.excess = torch.nn.Conv2d(1, 1, 1)
        torch.nn.init.ones_(self.excess.weight)
        torch.nn.init.constant_(self.excess.bias, -THRESHOLD)
        self.rectifier = torch.nn.ReLU()

    def forward(self, features):
        amount = 100 * self.rectifier(self.excess(features[:, None])).mean(dim=(1, 2, 3))
        return torch.stack([amount, -amount, torch.full_like(amount, 2.0)], dim=1)


def loud_cells_model(**declared) -> TorchModel:
    targets = [Target("loud"), Target("quiet"), Target("constant")]
    return TorchModel(
        LoudCells().eval(), REPRESENTATION, targets, name="loud cells", device="cpu", **declared
    )


def onnx_loud_cells(batch="n", kind=TensorProto.FLOAT) -> bytes:
    """Return LoudCells as an ONNX graph: 100 x the mean excess over .5, its negative, and 2."""
    constants = [
        helper.make_tensor("threshold", TensorProto.FLOAT, [], [0.5]),
        helper.make_tensor("signs", TensorProto.FLOAT, [1, 3], [100.0, -100.0, 0.0]),
        helper.make_tensor("offset", TensorProto.FLOAT, [1, 3], [0.0, 0.0, 2.0]),
        helper.make_tensor("axes", TensorProto.INT64, [2], [1, 2]),
        helper.make_tensor("column", TensorProto.INT64, [2], [-1, 1]),
    ]
    nodes = [
        helper.make_node("Sub", ["features", "threshold"], ["excess"]),
        helper.make_node("Relu", ["excess"], ["rectified"]),
        helper.make_node("ReduceMean", ["rectified", "axes"], ["amount"], keepdims=0),
        helper.make_node("Reshape", ["amount", "column"], ["amounts"]),
        helper.make_node("Mul", ["amounts", "signs"], ["signed"]),
        helper.make_node("Add", ["signed", "offset"], ["outputs"]),
    ]
    graph = helper.make_graph(
        nodes,
        "loud cells",
        [helper.make_tensor_value_info("features", kind, [batch, "t", 149])],
        [helper.make_tensor_value_info("outputs", kind, [batch, 3])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    return model.SerializeToString()


class TwoLevels(torch.nn.Module):
    """Three mid-level features, from a small convolution, and two emotions linear in them."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.convolution = torch.nn.Conv2d(1, 6, 5, stride=4)
            self.mid_level = torch.nn.Linear(6, 3)
            self.emotions = torch.nn.Linear(3, 2)

    emotion_weights = property(lambda self: self.emotions.weight.T)
    emotion_bias = property(lambda self: self.emotions.bias)

    def forward(self, features):
        maps = torch.relu(self.convolution(features[:, None]))
        mid_level = self.mid_level(maps.mean(dim=(2, 3)) + maps.amax(dim=(2, 3)))
        return torch.cat([mid_level, self.emotions(mid_level)], dim=1)

    def attention(self, features):
        """Attend to what is loud, alike for the three mid-level features."""
        shares = features / features.sum(dim=(1, 2), keepdim=True)
        return shares[:, None].expand(-1, 3, -1, -1)


def two_level_model(**declared) -> TorchModel:
    targets = [Target(name, "mid-level") for name in ("dissonance", "articulation", "minorness")]
    targets += [Target(name, "emotion") for name in ("happy", "sad")]
    return TorchModel(
        TwoLevels().eval(), REPRESENTATION, targets, name="two levels", device="cpu", **declared
    )


def probability_of_loudness(batch: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-20 * (batch.mean(axis=(1, 2)) - 0.5)))[:, None]


def probability_model() -> CallableModel:
    return CallableModel(
        probability_of_loudness, REPRESENTATION, [Target("loud")], name="loudness", output="probability"
    )


_CHANCE = np.random.default_rng(0)


def forgetful(batch: np.ndarray) -> np.ndarray:
    """Answer something else each time."""
    return _CHANCE.random((len(batch), 1))


def problem_of(
    model, segmentation: Segmentation, features: np.ndarray, recipe: Recipe, targets=()
) -> Problem:
    return Problem(features, segmentation, hidden_features(features, recipe), model, targets)


def write_track(path, *, seconds=3.0, sample_rate=22050):
    """Write a quiet noise with a chord in its middle third."""
    rng = np.random.default_rng(0)
    time = np.arange(int(seconds * sample_rate)) / sample_rate
    chord = sum(np.sin(2 * np.pi * frequency * time) for frequency in (440, 554.4, 659.3)) / 6
    middle = (time > seconds / 3) & (time < 2 * seconds / 3)
    soundfile.write(
        path, 0.01 * rng.standard_normal(len(time)) + chord * middle, sample_rate, subtype="PCM_16"
    )
    return path
