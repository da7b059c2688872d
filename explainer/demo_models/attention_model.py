"""The demo's second two-level model, which pools parts of a piece by attention.

Instead of a piece as a whole, this variant of `explainer.demo_models.cue_model` describes overlapping
stretches of it in three registers each, reads the cues from each of these parts, each cue from its relevant
descriptors, and averages the readings by attention: for each cue a softmax over all parts. The attention is
therefore not a by-product but the only connection between a part and the output.
``fixtures/models/attention_cue_model/MODEL_CARD.md`` has its measured accuracy.
"""

from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn

from explainer.core.representations.kinds import log_filterbank

from .cue_levels import N_CUES, CueLevels
from .cue_readers import HEARINGS, AttendingReader, Hearing, order_of_cues

STRETCH_FRAMES, STRETCH_HOP = 125, 47  # 4 s, beginning every 1.5 s
# Crossover frequencies of the registers in Hz; each crossover is an octave wide.
_CROSSOVERS = (250.0, 1000.0)
N_REGISTERS = len(_CROSSOVERS) + 1


class AttentionCueModel(CueLevels):
    """Nine cues as attention-weighted averages over parts of the spectrogram, and the linear second level.

    Parameters
    ----------
    n_hidden : int
        Units of the hidden layer of each reader.
    """

    registers: Tensor
    in_order: Tensor

    def __init__(self, n_hidden: int = 64) -> None:
        super().__init__(N_REGISTERS)
        sections = self.descriptors.sections
        self.register_buffer("registers", _registers(), persistent=False)
        self.register_buffer("in_order", order_of_cues(), persistent=False)
        self.readers = nn.ModuleDict(
            {
                name: RegisterReaders(hearing.positions(sections), n_hidden, hearing)
                for name, hearing in HEARINGS.items()
            }
        )

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
        readings, attention = self.read(self.standardised(self.describe(features)))
        return self.answers((attention * readings).sum(dim=(1, 2)))

    def describe(self, features: Tensor) -> Tensor:
        """Return descriptors of every part (n, n_stretches, N_REGISTERS, n_descriptors)."""
        n, n_frames, n_bands = features.shape
        length, starts = stretches(n_frames)
        cut = torch.stack([features[:, start : start + length] for start in starts], dim=1)
        heard = cut[:, :, None] * self.registers[:, None]
        return self.descriptors(heard.reshape(-1, length, n_bands)).reshape(n, len(starts), N_REGISTERS, -1)

    def read(self, described: Tensor) -> tuple[Tensor, Tensor]:
        """Return standardised readings of the cues and their attention.

        Parameters
        ----------
        described : Tensor [shape=(n, n_stretches, N_REGISTERS, n_descriptors)]

        Returns
        -------
        readings, attention : Tensor [shape=(n, n_stretches, N_REGISTERS, 9)]
            For each cue the attention is positive and adds up to 1 over the parts.
        """
        answers = [readers(described) for readers in self.readers.values()]
        readings, attention = (torch.cat(part, dim=3) for part in zip(*answers, strict=True))
        return readings[..., self.in_order], attention[..., self.in_order]

    def attention(self, features: Tensor) -> Tensor:
        """Return the attention of each cue to every cell.

        Each part's attention is spread evenly over its cells, weighted by their membership in its register.

        Returns
        -------
        Tensor [shape=(n, 9, n_frames, 149)]
            Not negative; adds up to 1 over the cells.
        """
        _, attention = self.read(self.standardised(self.describe(features)))
        return self._spread_over_cells(attention, features.shape[1])

    def attended_readings(self, features: Tensor) -> Tensor:
        """Return what every cell adds to each cue relative to the average piece: attention times reading.

        Returns
        -------
        Tensor [shape=(n, 9, n_frames, 149)]
            Adds up over the cells to the cue minus ``cue_mean``.
        """
        readings, attention = self.read(self.standardised(self.describe(features)))
        return self._spread_over_cells(attention * readings * self.cue_spread, features.shape[1])

    def _spread_over_cells(self, amounts: Tensor, n_frames: int) -> Tensor:
        length, starts = stretches(n_frames)
        shares = self.registers / (self.registers.sum(dim=1, keepdim=True) * length)
        by_band = torch.einsum("nsrc,rb->nscb", amounts, shares)
        cells = amounts.new_zeros(len(amounts), N_CUES, n_frames, shares.shape[1])
        for number, start in enumerate(starts):
            cells[:, :, start : start + length] += by_band[:, number, :, None]
        return cells


class RegisterReaders(nn.Module):
    """Reads some of the cues from all parts, with a separate reader for each register.

    Parameters
    ----------
    heard, n_hidden, hearing
        See `explainer.demo_models.cue_readers.CueReader`.
    """

    def __init__(self, heard: Tensor, n_hidden: int, hearing: Hearing) -> None:
        super().__init__()
        self.registers = nn.ModuleList(AttendingReader(heard, n_hidden, hearing) for _ in range(N_REGISTERS))
        self.register_buffer("heard", heard, persistent=False)

    heard: Tensor

    def forward(self, described: Tensor) -> tuple[Tensor, Tensor]:
        """Return readings and attention of parts [shape=(n, n_stretches, N_REGISTERS, n_cues)].

        Parameters
        ----------
        described : Tensor [shape=(n, n_stretches, N_REGISTERS, n_descriptors)]
            Standardised.
        """
        return self.read(described[..., self.heard])

    def read(self, described: Tensor) -> tuple[Tensor, Tensor]:
        """Do the same from the relevant descriptors (n, n_stretches, N_REGISTERS, n_heard)."""
        answers = [
            cast(AttendingReader, reader).read_and_score(described[:, :, register])
            for register, reader in enumerate(self.registers)
        ]
        readings, scores = (torch.stack(part, dim=2) for part in zip(*answers, strict=True))
        return readings, torch.softmax(scores.flatten(1, 2), dim=1).reshape(scores.shape)


def stretches(n_frames: int) -> tuple[int, list[int]]:
    """Return the length of the stretches and their start frames; the last one ends with the piece."""
    length = min(STRETCH_FRAMES, n_frames)
    starts = list(range(0, n_frames - length + 1, STRETCH_HOP))
    if starts[-1] + length < n_frames:
        starts.append(n_frames - length)
    return length, starts


def _registers() -> Tensor:
    """Return each band's membership in each register [shape=(N_REGISTERS, 149)]; they add up to 1."""
    octaves = torch.log2(torch.tensor(log_filterbank().band_frequencies.tolist()))
    above = [
        torch.clamp(octaves - torch.log2(torch.tensor(crossover)) + 0.5, 0, 1) for crossover in _CROSSOVERS
    ]
    edges = [torch.ones_like(octaves), *above, torch.zeros_like(octaves)]
    return torch.stack([low - high for low, high in pairwise(edges)])
