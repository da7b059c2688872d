"""How much the priors of the models of answers matter, on the page "Retention and contrasts"."""

from studyserver.common import number_text
from studyserver.results.statistics.answer_model.priors import HALF, TWICE, Weighted, weighted, weights
from studyserver.results.tables.computed import Statistics

from ..widgets import FigureTable

_PLACES = 2


def priors_table(statistics: Statistics) -> FigureTable | None:
    """Return the main figures with priors of half and twice the weight; None without a model."""
    rows, groups = [], []
    for item in statistics.summaries.plain_questions:
        if not (item.is_numeric and item.n_judgments):
            continue
        figures = statistics.remains.figures(item)
        found = figures.main_figures()
        fit = figures.stored.fit
        if fit is None or not found:
            continue
        by_weight = [weights(fit, power) for power in (HALF, TWICE)]
        for label, figure in found.items():
            others = [weighted(figure, by) for by in by_weight]
            now = Weighted(figure.estimate, *figure.interval())
            rows.append([label, *map(_in_words, (now, *others))])
            groups.append(item.question.text)
    columns = ["figure", "as elsewhere [95\N{NO-BREAK SPACE}%]", "priors of half the weight", "of twice"]
    return FigureTable("Influence of the priors", columns, rows, groups=groups) if rows else None


def _in_words(found: Weighted) -> str:
    interval = number_text.interval(found.low, found.high, _PLACES)
    return f"{number_text.number(found.estimate, _PLACES)} {interval}"
