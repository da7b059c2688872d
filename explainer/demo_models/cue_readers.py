"""How the demo's two-level models read cues from descriptors: from what bears on them."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from .cue_levels import CUES


class Hearing(NamedTuple):
    """Cues that are read together, and from which sections of the descriptors."""

    cues: tuple[str, ...]
    sections: tuple[str, ...]
    dropout: float
    """The fainter the cues, the more of it keeps a reader from learning pieces by heart."""

    @property
    def numbers(self) -> list[int]:
        """Where its cues stand among all."""
        return [CUES.index(cue) for cue in self.cues]

    def positions(self, sections: dict[str, slice]) -> Tensor:
        """Return the positions of the descriptors that are heard, from where each section stands."""
        return torch.cat([torch.arange(sections[name].start, sections[name].stop) for name in self.sections])


# A cue is read from what bears on it. One reader for all cues and descriptors hears articulation worse:
# what keeps it from overfitting dissonance keeps it from learning how notes end.
HEARINGS = {
    "articulation": Hearing(("articulation",), ("timbre", "articulation", "voices"), 0.1),
    "rhythm": Hearing(
        ("rhythm_complexity", "rhythm_stability", "speed"), ("timbre", "articulation", "rhythm"), 0.2
    ),
    "line": Hearing(("melodiousness", "pitch_height"), ("timbre", "articulation", "melody", "harmony"), 0.3),
    "harmony": Hearing(("dissonance", "tonal_stability", "minorness"), ("timbre", "melody", "harmony"), 0.4),
}


class CueReader(nn.Module):
    """A linear map and one hidden layer side by side, from some of the descriptors to some of the cues.

    Parameters
    ----------
    heard : Tensor of int
        Positions of the descriptors that are read.
    n_hidden : int
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
    """A reader of a part that also says how much its reading of each cue should count."""

    def __init__(self, heard: Tensor, n_hidden: int, hearing: Hearing) -> None:
        super().__init__(heard, n_hidden, hearing)
        self.score = nn.Linear(n_hidden, len(hearing.cues))

    def read_and_score(self, described: Tensor) -> tuple[Tensor, Tensor]:
        """Map those descriptors that are read (..., n_heard) to readings and scores (..., n_cues)."""
        hidden = self._hidden(described)
        return self._read(described, hidden), self.score(hidden)


def order_of_cues() -> Tensor:
    """Return in which order the cues of all `HEARINGS`, one after the other, are all cues in theirs."""
    return torch.argsort(
        torch.tensor([number for hearing in HEARINGS.values() for number in hearing.numbers])
    )
