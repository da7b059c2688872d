"""The page "What remains": its parts, each computed by itself."""

from dataclasses import dataclass

from studyserver.results.tables.computed import Computed, Statistics
from studyserver.results.tables.failures import Parts
from studyserver.results.tables.summaries import QuestionSummary

from ..widgets import FigureTable, Matrix, Remaining, Scatter
from .comparisons import comparison_parts
from .contrasts import contrasts_note, contrasts_table
from .dose_response import dose_part
from .figures import by_question
from .model import model_part
from .naming import naming_part
from .retention import retention_part
from .signal_detection import claims_table
from .time_marks import stretches_parts


@dataclass(frozen=True)
class RemainsPage:
    """All parts of the page, in order."""

    retention: list[Remaining]
    contrasts: FigureTable | None
    contrasts_note: str
    naming: list[tuple[Remaining, list[Matrix]]]
    further: list[Remaining]  # on clips compared with each other, and on stretches of time
    claims: FigureTable | None
    model: list[tuple[Remaining, Scatter, FigureTable]]
    dose: list[Remaining]

    @property
    def answers(self) -> list[Remaining]:
        """The parts with an answer in a sentence."""
        return [*self.retention, *(part for part, _matrices in self.naming), *self.further]


def remains_page(parts: Parts) -> RemainsPage:
    """Return the page, each part computed by itself."""
    return RemainsPage(
        retention=parts.part("retention", "Retention", _retentions, []),
        contrasts=parts.part("contrasts", "Conditions and methods against each other", _all_contrasts),
        contrasts_note=contrasts_note(parts.computed.study.primary_contrasts.exists()),
        naming=parts.part("naming", "Naming of targets", _namings, []),
        further=[
            *parts.part("comparisons", "Comparisons of clips", _comparisons, []),
            *parts.part("stretches", "Stretches of time", _stretches, []),
        ],
        claims=parts.part("claims", "Against the claim", _all_claims),
        model=parts.part("model", "Listeners and the model", _models, []),
        dose=parts.part("dose", "How much evidence", _doses, []),
    )


def retentions_of(statistics: Statistics) -> list[Remaining]:
    """Return what remains per question with numbers, of one set of annotators."""
    items = {item.question.key: item for item in statistics.summaries.questions}
    return [retention_part(items[key], table) for key, table in by_question(statistics.remains.retention)]


def _retentions(computed: Computed) -> list[Remaining]:
    return retentions_of(computed.shown)


def _by_key(computed: Computed) -> dict[str, QuestionSummary]:
    return {item.question.key: item for item in computed.shown.summaries.questions}


def _all_contrasts(computed: Computed) -> FigureTable | None:
    return contrasts_table(computed.shown.remains, _by_key(computed))


def _namings(computed: Computed) -> list[tuple[Remaining, list[Matrix]]]:
    remains = computed.shown.remains
    return [naming_part(remains, item) for item in remains.naming_questions]


def _comparisons(computed: Computed) -> list[Remaining]:
    return comparison_parts(computed.shown.compared)


def _stretches(computed: Computed) -> list[Remaining]:
    return stretches_parts(computed.shown.marked)


def _all_claims(computed: Computed) -> FigureTable | None:
    return claims_table(computed.shown.remains.claims, _by_key(computed))


def _models(computed: Computed) -> list[tuple[Remaining, Scatter, FigureTable]]:
    remains, items = computed.shown.remains, _by_key(computed)
    return [model_part(remains, items[key], table) for key, table in by_question(remains.model_comparison)]


def _doses(computed: Computed) -> list[Remaining]:
    items = _by_key(computed)
    return [dose_part(items[key], table) for key, table in by_question(computed.shown.remains.dose_response)]
