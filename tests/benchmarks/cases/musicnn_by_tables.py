"""What musicnn answers to masks of a grid, exactly, at a fraction of the cost; for benchmarks that ask often.

Its first layer holds nearly all of its arithmetic, and sees little at a time. A timbral filter is seven
frames long: within one time cell its answer depends only on which of that cell's bands are kept. A temporal
filter is one band high: its answer depends only on when that band is kept. So the answers to every such
pattern are tabulated, those across the border of two time cells as they occur, and a mask costs a look-up
and the layers after. Hidden cells must be zero.
"""

from collections.abc import Iterable

import numpy as np
import torch

from explainer.core.models.adapters import TorchModel
from explainer.core.perturbation.problem import Problem

AROUND = 6  # frames on either side of a border that filters across it hear
AT_ONCE = 16

Border = tuple[int, int, int]  # which border, and the patterns of bands before and after it


class TabulatedMusicnn:
    """A musicnn model on one track in one grid.

    Parameters
    ----------
    model : TorchModel
        Whose module is `explainer.demo_models.musicnn.Musicnn`, on the processor.
    features : np.ndarray of float32 [shape=(n_frames, n_bands)]
    labels : np.ndarray of int [shape=(n_frames, n_bands)]
        The grid: segment number = time cell * number of band cells + band cell.
    """

    def __init__(self, model: TorchModel, features: np.ndarray, labels: np.ndarray) -> None:
        self.module = model.module
        self.features = torch.from_numpy(features)
        self.n_band_cells = int(labels[0].max()) + 1
        self.n_time_cells = int(labels.max() + 1) // self.n_band_cells
        self.time_cell = torch.from_numpy(labels[:, 0].astype(np.int64) // self.n_band_cells)
        self.band_cell = torch.from_numpy(labels[0].astype(np.int64) % self.n_band_cells)
        self.borders = [int((self.time_cell == cell).nonzero()[0]) for cell in range(1, self.n_time_cells)]
        self.timbral_filters, self.temporal_filters = self.module.shapes[:2], self.module.shapes[2:]
        self._across: dict[Border, torch.Tensor] = {}
        with torch.inference_mode():
            self.timbral = torch.stack(
                [
                    torch.cat([shape(image).amax(dim=3) for shape in self.timbral_filters], dim=1)[0].T
                    for image in self._images(self._kept(self.n_band_cells)[:, self.band_cell][:, None])
                ]
            )
            self.temporal = torch.stack(
                [
                    torch.stack([heard[:, :, self.band_cell == cell].amax(dim=2).T for cell in self._bands()])
                    for image in self._images(self._kept(self.n_time_cells)[:, self.time_cell][:, :, None])
                    for heard in [torch.cat([shape(image)[0] for shape in self.temporal_filters])]
                ],
                dim=1,
            )

    def logits(self, masks: np.ndarray) -> np.ndarray:
        """Return the model's outputs (n, n_tags) under masks (n, n_segments)."""
        grid = np.asarray(masks, dtype=bool).reshape(len(masks), self.n_time_cells, self.n_band_cells)
        of_bands = grid @ (1 << np.arange(self.n_band_cells))
        of_times = grid.transpose(0, 2, 1) @ (1 << np.arange(self.n_time_cells))
        with torch.inference_mode():
            answers = [
                self._classified(of_bands[start : start + AT_ONCE], of_times[start : start + AT_ONCE])
                for start in range(0, len(grid), AT_ONCE)
            ]
        return torch.cat(answers).double().numpy()

    def _bands(self) -> range:
        return range(self.n_band_cells)

    def _kept(self, n_cells: int) -> torch.Tensor:
        """Return which cells each of the 2^n patterns keeps, (2^n, n)."""
        return torch.from_numpy((np.arange(2**n_cells)[:, None] >> np.arange(n_cells) & 1).astype(np.float32))

    def _images(self, kept: torch.Tensor) -> Iterable[torch.Tensor]:
        return (self.module.input_norm((self.features * cells)[None, None]) for cells in kept)

    def _classified(self, of_bands: np.ndarray, of_times: np.ndarray) -> torch.Tensor:
        frames = torch.arange(len(self.features))
        timbral = self.timbral[torch.from_numpy(of_bands)[:, self.time_cell], frames]
        borders = [list(zip(range(len(self.borders)), row[:-1], row[1:], strict=True)) for row in of_bands]
        self._tabulate({border for row in borders for border in row})
        for heard, row in zip(timbral, borders, strict=True):
            for border in row:
                middle = self.borders[border[0]]
                heard[middle - AROUND // 2 : middle + AROUND // 2] = self._across[border]
        patterns = torch.from_numpy(of_times)
        temporal = torch.stack([self.temporal[cell, patterns[:, cell]] for cell in self._bands()]).amax(dim=0)
        shapes = torch.cat([timbral, temporal], dim=2).transpose(1, 2).contiguous()
        return self.module._classify(torch.cat([shapes, *self.module._contexts(shapes)], dim=1))

    def _tabulate(self, borders: set[Border]) -> None:
        """Ask what the timbral filters say across borders that have not occurred yet."""
        new = sorted(borders - self._across.keys())
        if not new:
            return
        kept = self._kept(self.n_band_cells)[:, self.band_cell]
        images = torch.stack(
            [
                torch.cat(
                    [
                        self.features[self.borders[at] - AROUND : self.borders[at]] * kept[before],
                        self.features[self.borders[at] : self.borders[at] + AROUND] * kept[after],
                    ]
                )
                for at, before, after in new
            ]
        )
        images = self.module.input_norm(images[:, None])
        heard = torch.cat(
            [shape.norm(shape.filters(images).relu()).amax(dim=3) for shape in self.timbral_filters], dim=1
        )
        self._across.update(zip(new, heard.transpose(1, 2), strict=True))


class TabulatedProblem(Problem):
    """A problem whose masks are answered from tables."""

    tables: TabulatedMusicnn

    def outputs(self, masks: np.ndarray) -> np.ndarray:
        """See `Problem.outputs`."""
        self.count(len(masks))
        return self.tables.logits(masks)[:, list(self.target_indices)]


def tabulated(problem: Problem) -> TabulatedProblem:
    """Return a problem about musicnn with its answers tabulated; a few masks show that they are the model's.

    Raises
    ------
    AssertionError
        If they are not.
    """
    other = TabulatedProblem(problem.features, problem.segmentation, problem.hidden, problem.model)
    other.tables = TabulatedMusicnn(problem.model, problem.inputs.whole, problem.segmentation.labels[0])
    masks = np.random.default_rng(0).random((4, problem.n_segments)) < 0.7
    np.testing.assert_allclose(other.outputs(masks), problem.outputs(masks), atol=1e-4)
    return other
