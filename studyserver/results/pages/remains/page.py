"""The page "Retention and contrasts": its parts, each computed by itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from studyserver.results.tables.computed import Statistics
from studyserver.results.tables.contrasts import declared_contrasts
from studyserver.results.tables.failures import Parts
from studyserver.study.questions.research.estimands import Estimand

from ..verdicts.declared import DeclaredVerdict
from ..widgets import FigureTable, Remaining, together
from .comparisons import comparison_parts
from .contrasts import claims_table, contrasts_note, contrasts_table
from .model import model_parts
from .naming import naming_parts
from .priors import priors_table
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
    priors: FigureTable | None

    @property
    def answers(self) -> list[Remaining]:
        """The parts with an answer in a sentence, except those in which nothing is defined."""
        parts = [*self.retention, *self.naming, *self.further]
        return [part for part in parts if not part.why_nothing]

    @property
    def undefined(self) -> dict[str, list[str]]:
        """The questions about which nothing is defined, by the reason."""
        found: dict[str, list[str]] = {}
        for part in (*self.retention, *self.naming, *self.further):
            if part.why_nothing:
                found.setdefault(part.why_nothing, []).append(part.text)
        return found

    @property
    def printed(self) -> list[Remaining]:
        """The parts that the report prints besides retention, except those in which nothing is defined."""
        return [part for part in (*self.naming, *self.further) if not part.why_nothing]

    @property
    def all_retention(self) -> FigureTable | None:
        """Retention of all questions as one table."""
        return together("Retention", self.retention)

    @property
    def all_models(self) -> FigureTable | None:
        """The correlations with the model's predictions of all questions as one table."""
        return together("Correlations with what listeners hear", self.model)

    @property
    def all_doses(self) -> FigureTable | None:
        """Dose and response of all questions as one table."""
        return together("Dose and response", self.dose)


def remains_page(parts: Parts, verdicts: Sequence[DeclaredVerdict] = ()) -> RemainsPage:
    """Return the page, each part computed by itself; where a verdict tells the same, it is the headline."""

    def part(name: str, what: str, compute: Callable[[Statistics], Any], instead: Any = None) -> Any:
        return parts.part(name, what, lambda computed: compute(computed.shown), instead)

    def told(found: list[Remaining], *estimands: str) -> list[Remaining]:
        return [_with_verdict(one, verdicts, estimands) for one in found]

    retention = part("retention", "Retention", retention_parts, [])
    comparisons = part("comparisons", "Comparisons of clips", comparison_parts, [])
    return RemainsPage(
        retention=told(retention, Estimand.RETENTION),
        contrasts=part("contrasts", "Contrasts of conditions and methods", contrasts_table),
        contrasts_note=contrasts_note(
            bool(declared_contrasts(parts.computed.study)), any(one.has_own_confidence for one in verdicts)
        ),
        naming=part("naming", "Naming of targets", naming_parts, []),
        further=[
            *told(comparisons, Estimand.PREFERENCE, Estimand.DETECTION),
            *part("stretches", "Stretches of time", stretches_parts, []),
        ],
        claims=part("claims", "Signal detection", claims_table),
        model=part("model", "Listeners and the model", model_parts, []),
        dose=part("dose", "Dose and response", dose_parts, []),
        priors=part("priors", "Influence of the priors", priors_table),
    )


def _with_verdict(
    part: Remaining, verdicts: Sequence[DeclaredVerdict], estimands: Sequence[str]
) -> Remaining:
    said = [one for one in verdicts if one.says(part.key, *estimands)]
    if not said:
        return part
    return replace(part, headline=" ".join(map(_in_words, said)), is_verdict=True)


def _in_words(one: DeclaredVerdict) -> str:
    """Return a verdict with its figures, and how sure they are where the page's other figures differ."""
    if not one.figures:
        return one.sentence
    own = f" (intervals of {one.confidence})" if one.has_own_confidence else ""
    return f"{one.sentence} {one.figures}{own}."
