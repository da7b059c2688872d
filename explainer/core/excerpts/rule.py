"""The rule by which excerpts are chosen."""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from explainer.core.base.counting import plural

# Value -> label.
WHERE = {
    "spread": "spread evenly over the range of the output",
    "most": "where the output is highest",
    "least": "where the output is lowest",
}
STARTS_ON = {"beats": "beats", "bars": "bars of four beats", "anywhere": "anywhere"}
MOST_EXCERPTS = 10  # of one track
SHORTEST, LONGEST = 1.0, 60.0  # s


class ExcerptError(ValueError):
    """Raised if a rule is invalid or a track has no such excerpts; the message says what to do."""


@dataclass(frozen=True, kw_only=True)
class ExcerptRule:
    """What excerpts are chosen from each track.

    Attributes
    ----------
    number : int
        Excerpts of each track, up to `MOST_EXCERPTS`; 0 only evaluates the model.
    seconds : float
        Length of each, `SHORTEST` to `LONGEST` s.
    where : str
        One of `WHERE`.
    starts_on : str
        One of `STARTS_ON`; tracks without a clear pulse are cut anywhere.
    apart : float
        Shortest time from the end of one excerpt to the start of the next of the same track, in s.

    Raises
    ------
    ExcerptError
        If a value is out of range.
    """

    number: int = 2
    seconds: float = 7.0
    where: str = "spread"
    starts_on: str = "beats"
    apart: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.number <= MOST_EXCERPTS:
            raise ExcerptError(f"choose up to {MOST_EXCERPTS} excerpts of each track, not {self.number}")
        if not SHORTEST <= self.seconds <= LONGEST:
            raise ExcerptError(
                f"an excerpt lasts {SHORTEST:g} to {LONGEST:g} s, not {self.seconds:g}; 6 to 8 s are usual"
            )
        if not (math.isfinite(self.apart) and self.apart >= 0):
            raise ExcerptError(f"the time between excerpts must be 0 or more seconds, not {self.apart:g}")
        for name, known in (("where", WHERE), ("starts_on", STARTS_ON)):
            if getattr(self, name) not in known:
                raise ExcerptError(
                    f"{name} {getattr(self, name)!r} is unknown; use one of {', '.join(known)}"
                )

    def to_dict(self) -> dict[str, Any]:
        """Return the rule as JSON types."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "ExcerptRule":
        """Return the rule that `to_dict` described."""
        return cls(**values)

    def require_room(self, seconds: float, name: str) -> None:
        """Refuse a track that is too short.

        Parameters
        ----------
        seconds : float
            Length of the track.
        name : str
            The track, for the message.

        Raises
        ------
        ExcerptError
        """
        number = max(self.number, 1)
        needed = number * self.seconds + (number - 1) * self.apart
        if needed > seconds + 1e-6:
            several = self.number > 1
            apart = f" that lie {self.apart:g} s apart" if several and self.apart else ""
            raise ExcerptError(
                f"{name} lasts {seconds:.1f} s, but {plural(number, 'excerpt')} of {self.seconds:g} s"
                f"{apart} need{'' if several else 's'} {needed:g} s; choose {'fewer or ' if several else ''}"
                "shorter excerpts, or leave this track out"
            )
