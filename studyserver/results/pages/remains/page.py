"""The page "Retention and contrasts": its parts, each computed by itself."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from studyserver.results.tables.computed import Statistics
from studyserver.results.tables.contrasts import declared_contrasts
from studyserver.results.tables.failures import Parts

from ..widgets import FigureTable, Remaining
from .comparisons import comparison_parts
from .contrasts import claims_table, contrasts_note, contrasts_table
from .model import model_parts
from .naming import naming_parts
from .retention import dose_parts, retention_parts
from .time_marks import stretches_parts


@dataclass(frozen=True)
class RemainsPage:
    """All parts of the page, in order."""

    retention: list[Remaining]
    contrasts: FigureTable | None
    contrasts_note: str
    naming: list[Remaining]
    further: list[Remaining]  # on clips compared with each other, and on stretches of time
    claims: FigureTable | None
    model: list[Remaining]
    dose: list[Remaining]

    @property
    def answers(self) -> list[Remaining]:
        """The parts with an answer in a sentence."""
        return [*self.retention, *self.naming, *self.further]


def remains_page(parts: Parts) -> RemainsPage:
    """Return the page, each part computed by itself."""

    def part(name: str, what: str, compute: Callable[[Statistics], Any], instead: Any = None) -> Any:
        return parts.part(name, what, lambda computed: compute(computed.shown), instead)

    return RemainsPage(
        retention=part("retention", "Retention", retention_parts, []),
        contrasts=part("contrasts", "Contrasts of conditions and methods", contrasts_table),
        contrasts_note=contrasts_note(bool(declared_contrasts(parts.computed.study))),
        naming=part("naming", "Naming of targets", naming_parts, []),
        further=[
            *part("comparisons", "Comparisons of clips", comparison_parts, []),
            *part("stretches", "Stretches of time", stretches_parts, []),
        ],
        claims=part("claims", "Signal detection", claims_table),
        model=part("model", "Listeners and the model", model_parts, []),
        dose=part("dose", "Dose and response", dose_parts, []),
    )
