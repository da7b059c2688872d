"""Networks that read cues from their relevant descriptors, for the demo's two-level models."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from .cue_levels import CUES


class Hearing(NamedTuple):
    """Cues that are read together, and the sections of descriptors they are read from."""

    cues: tuple[str, ...]
    sections: tuple[str, ...]
    dropout: float
    """The fainter the cues, the more dropout is needed against overfitting."""

    @property
    def numbers(self) -> list[int]:
        """Positions of its cues in `CUES`."""
        return [CUES.index(cue) for cue in self.cues]

    def positions(self, sections: dict[str, slice]) -> Tensor:
        """Return the positions of the relevant descriptors, given the position of each section."""
        return torch.cat([torch.arange(sections[name].start, sections[name].stop) for name in self.sections])


# Each cue is read from its relevant descriptors. A single reader for all cues is worse at articulation: the
# dropout that keeps it from overfitting dissonance keeps it from learning how notes end.
HEARINGS = {
    "articulation": Hearing(("articulation",), ("timbre", "articulation", "voices"), 0.1),
    "rhythm": Hearing(
        ("rhythm_complexity", "rhythm_stability", "speed"), ("timbre", "articulation", "rhythm"), 0.2
    ),
    "line": Hearing(("melodiousness", "pitch_height"), ("timbre", "articulation", "melody", "harmony"), 0.3),
    "harmony": Hearing(("dissonance", "tonal_stability", "minorness"), ("timbre", "melody", "harmony"), 0.4),
}


class CueReader(nn.Module):
    """A linear map and one hidden layer in parallel, from some of the descriptors to some of the cues.

    Parameters
    ----------
    heard : Tensor of int
        Positions of the descriptors that are read.
    hearing : Hearing
        Which cues, and with how much dropout.
    """

    heard: Tensor

    def __init__(self, heard: Tensor, n_hidden: int, hearing: Hearing) -> None:
        super().__init__()
        n_cues = len(hearing.cues)
        self.register_buffer("heard", heard, persistent=False)
        self.direct = nn.Linear(len(heard), n_cues)
        self.hidden = nn.Linear(len(heard), n_hidden)
        self.out = nn.Linear(n_hidden, n_cues)
        self.dropout = hearing.dropout

    def forward(self, described: Tensor) -> Tensor:
        """Map standardised descriptors (n, n_descriptors) to standardised cues (n, n_cues)."""
        return self.read(described[:, self.heard])

    def read(self, described: Tensor) -> Tensor:
        """Map those descriptors that are read (..., n_heard) to standardised cues (..., n_cues)."""
        return self._read(described, self._hidden(described))

    def _hidden(self, described: Tensor) -> Tensor:
        hidden = functional.gelu(self.hidden(functional.dropout(described, self.dropout / 2, self.training)))
        return functional.dropout(hidden, self.dropout, self.training)

    def _read(self, described: Tensor, hidden: Tensor) -> Tensor:
        return self.direct(functional.dropout(described, self.dropout, self.training)) + self.out(hidden)


class AttendingReader(CueReader):
    """A reader of a part that also returns a score for the attention to each of its readings."""

    def __init__(self, heard: Tensor, n_hidden: int, hearing: Hearing) -> None:
        super().__init__(heard, n_hidden, hearing)
        self.score = nn.Linear(n_hidden, len(hearing.cues))

    def read_and_score(self, described: Tensor) -> tuple[Tensor, Tensor]:
        """Map those descriptors that are read (..., n_heard) to readings and scores (..., n_cues)."""
        hidden = self._hidden(described)
        return self._read(described, hidden), self.score(hidden)


def order_of_cues() -> Tensor:
    """Return the permutation that sorts the concatenated cues of all `HEARINGS` into the order of `CUES`."""
    return torch.argsort(
        torch.tensor([number for hearing in HEARINGS.values() for number in hearing.numbers])
    )
