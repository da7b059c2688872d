"""The demo's two-level model: nine musical cues from sound, eight emotions from the cues.

The first level was trained on synthetic music whose cues were set (``python -m training``);
the second is a fixed linear map from listening experiments. ``fixtures/models/cue_model/MODEL_CARD.md``
has its measured accuracy.
"""

import torch
from torch import Tensor, nn

from .cue_levels import CueLevels
from .cue_readers import HEARINGS, CueReader, order_of_cues


class CueModel(CueLevels):
    """Descriptors, a committee of small networks that read the cues, and the linear second level.

    Parameters
    ----------
    n_readers : int
        Members of the committee; their outputs are averaged.
    n_hidden : int
        Units of each reader.
    """

    batch_cells = 1_000_000  # many small operations, whose fixed cost is halved compared with 150 000 cells

    def __init__(self, n_readers: int = 3, n_hidden: int = 96) -> None:
        super().__init__()
        sections = self.descriptors.sections
        self.members = nn.ModuleList(CommitteeMember(sections, n_hidden) for _ in range(n_readers))

    def forward(self, features: Tensor) -> Tensor:
        """Return nine cues and eight emotions.

        Parameters
        ----------
        features : Tensor [shape=(n, n_frames, 149)]
            Log spectrogram, see `explainer.core.representations.kinds.log_filterbank`.

        Returns
        -------
        Tensor [shape=(n, 17)]
            Cues, 0 to 1 over their ordinary range; then emotions on a scale from 1 to 9.
        """
        described = self.standardised(self.describe(features))
        return self.answers(torch.stack([member(described) for member in self.members]).mean(dim=0))


class CommitteeMember(nn.Module):
    """One reader for each of `HEARINGS`.

    Parameters
    ----------
    sections : dict of slice
        Position of each section in the descriptors.
    """

    in_order: Tensor

    def __init__(self, sections: dict[str, slice], n_hidden: int) -> None:
        super().__init__()
        self.readers = nn.ModuleDict()
        for name, hearing in HEARINGS.items():
            self.readers[name] = CueReader(hearing.positions(sections), n_hidden, hearing)
        self.register_buffer("in_order", order_of_cues(), persistent=False)

    def forward(self, described: Tensor) -> Tensor:
        """Map standardised descriptors (n, n_descriptors) to standardised cues (n, 9)."""
        read = torch.cat([reader(described) for reader in self.readers.values()], dim=1)
        return read[:, self.in_order]
