"""What the page "Agreement" shows: every statistic that fits a question, and where people disagree."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from explainer.core.base.counting import plural
from studyserver.common.number_text import coefficient, decimals, grouped, number, plain
from studyserver.results.data.judgments import first_answers
from studyserver.results.data.questions import option_labels, option_values
from studyserver.results.statistics.agreement import COEFFICIENTS, prepare, specific_agreement
from studyserver.results.statistics.agreement.published_alphas import (
    LISTENERS,
    SOURCE,
    published_alpha,
)
from studyserver.results.statistics.raters.quality import disputed_answers, disputed_items
from studyserver.results.tables.computed import Computed, Statistics
from studyserver.results.tables.failures import Failed, Parts
from studyserver.results.tables.labels import NEW_ANNOTATORS, NONE_TICKED, SAME_ANNOTATORS
from studyserver.results.tables.summaries import QuestionSummary, ratings_of
from studyserver.results.tables.vocabulary import table_of
from studyserver.study.models import Question
from studyserver.study.questions.kind import Answers

from . import sentences
from .widgets import BARS, DASH, FigureTable, IntervalPlot, Matrix, clip_label, interval_plot, shade

MOST_IN_MATRIX = 20  # annotators; beyond, single cells cannot be read
_DISPUTED = 8
_CORRELATION = ("correlation", "Correlation", -1)  # column of the table `pairs`, in words, lowest
_SIMILARITY = ("similarity", "Share of the same answers", 0)
_COMPARED = {
    "scale": _CORRELATION,
    "slider": _CORRELATION,
    "checklist": ("similarity", "Similarity of what was ticked (1 less the MASI distance)", 0),
}


@dataclass(frozen=True)
class PairsSection:
    """How annotators compare on a question."""

    key: str
    text: str
    pairs: Matrix | None
    pairs_note: str


@dataclass(frozen=True)
class AgreementSection(PairsSection):
    """One question's part of the page."""

    level: str
    headline: str
    counts: str
    plot: IntervalPlot
    statistics: FigureTable
    options: FigureTable | None
    retest: FigureTable | None
    disputed: FigureTable | None
    published: str  # what others found for the same word


def preference_sections(computed: Computed) -> list[PairsSection]:
    """Return a section per preference question that two annotators answered about the same clips."""
    statistics = computed.shown
    asked = statistics.compared.questions(Answers.PREFERENCES)
    found = [(question, _pairs(computed, statistics, question)) for question in asked]
    return [PairsSection(item.key, item.text, matrix, note) for item, (matrix, note) in found if note]


def agreement_parts(parts: Parts) -> dict:
    """Return the page's parts: ``sections``, one per question, and ``preferences``."""
    return {
        "sections": list(_sections(parts)),
        "preferences": parts.part("preferences", "Agreement on preferences", preference_sections, []),
    }


def _sections(parts: Parts) -> Iterator[AgreementSection | Failed]:
    """Yield a section for every question with answers; in the place of one that fails, why."""
    for question in parts.computed.rows.measures.values():
        if not question.answer_kind.is_summarised:
            continue

        def section(computed: Computed, asked: Question = question) -> AgreementSection | None:
            item = computed.shown.summaries.question(asked)
            return _section(computed, computed.shown, item) if item.n_judgments else None

        name = f"agreement-{question.key}"
        found = parts.part(name, question.text, section, question=question) or parts.failed.get(name)
        if found:
            yield found


def _section(computed: Computed, statistics: Statistics, item: QuestionSummary) -> AgreementSection:
    judgments = first_answers(item.question, statistics.counted.of(item.question))
    ratings = prepare(
        judgments["stimulus"].to_numpy(),
        judgments["annotator"].astype(str).to_numpy(),
        *ratings_of(item.question, judgments),
    )
    alpha = item.alpha()[NEW_ANNOTATORS]
    size = ratings.item_size
    counts = (
        f"{plural(item.n_judgments, 'judgment')} of {plural(item.n_clips, 'clip')} by "
        f"{plural(item.n_annotators, 'annotator')}; "
    )
    if ratings.n_items:
        counts += (
            f"{plural(int(size.max()), 'annotator')} per clip; "
            if size.min() == size.max()
            else f"{size.mean():.1f} annotators per clip ({size.min()} to {size.max()}); "
        )
    counts += f"{plural(ratings.n_items_pairable, 'clip')} judged by two or more."
    matrix, note = _pairs(computed, statistics, item.question)
    return AgreementSection(
        key=item.question.key,
        text=item.question.text,
        level=sentences.level_text(item.question),
        headline=f"{sentences.statistic_name('krippendorff_alpha')} is {sentences.agreement_text(alpha)}"
        f"{' for new tracks and new annotators' if alpha['status'] == 'ok' else ''}.",
        counts=counts,
        plot=_plot(item),
        statistics=_statistics(item),
        options=_options(item, ratings),
        retest=_retest(statistics, item),
        pairs=matrix,
        pairs_note=note,
        disputed=_disputed(statistics, item),
        published=_published(item),
    )


def _published(item: QuestionSummary) -> str:
    """Return what others found for the word of the question's target; empty for other words."""
    found = published_alpha(item.question.target)
    if found is None or not item.is_numeric:
        return ""
    by_language = [f"{coefficient(alpha)} in {name}" for name, alpha in found.by_language.items()]
    return (
        f"For comparison, others found {sentences.ALPHA} {coefficient(found.everybody)} for “{found.word}” "
        f"among {LISTENERS['everybody']} listeners ({', '.join(by_language)}): {SOURCE}."
    )


def _plot(item: QuestionSummary) -> IntervalPlot:
    rows = [("all conditions", "", item.alpha()[NEW_ANNOTATORS])]
    rows += [
        (group.group.label, group.group.condition, item.alpha(group.group)[NEW_ANNOTATORS])
        for group in item.groups
    ]
    note = f"1: perfect agreement; 0: what chance gives. {BARS}"
    return interval_plot(
        f"Krippendorff's {sentences.ALPHA} by condition", rows, (-0.5, 1.0), (-0.5, 0, 0.5, 1), note
    )


def _statistics(item: QuestionSummary) -> FigureTable:
    whole = item.agreement[item.agreement["condition"] == ""]
    lines = []
    for name, part in whole.groupby("statistic", sort=False):
        found = {row["ci_scope"]: row for row in part.to_dict("records")}
        same = found[SAME_ANNOTATORS]
        if _fits(item, str(name), same):
            figures = (sentences.agreement_text(row) for row in (same, found.get(NEW_ANNOTATORS)))
            compared = (_compared(str(name), same[side]) for side in ("observed", "expected"))
            lines.append([sentences.statistic_name(str(name)), *figures, *compared])
    scopes = [f"{scope} [95\N{NO-BREAK SPACE}%]" for scope in ("new tracks", "new tracks and annotators")]
    columns = ["statistic", *scopes, "observed", "by chance"]
    return FigureTable("Agreement over all conditions", columns, lines)


def _fits(item: QuestionSummary, statistic: str, row: dict) -> bool:
    """Return whether a statistic is for this kind of question: others are only in the download."""
    if item.question.answer_kind.is_continuous and COEFFICIENTS[statistic].of_categories:
        return False
    return row["suits"]


def _compared(statistic: str, value: float | None) -> str:
    """Return what a coefficient compares: agreement; for alpha disagreement, in squared distances."""
    if value is None or value != value:
        return DASH
    if not COEFFICIENTS[statistic].of_disagreement:
        return coefficient(value)
    return f"{grouped(value)} (disagreement)"


def _options(item: QuestionSummary, ratings: pd.DataFrame) -> FigureTable | None:
    kind, options = item.question.answer_kind, item.question.options
    if kind.is_continuous:
        return None
    names = {str(number): words for number, words in kind.points(options).items()} | kind.labels(options)
    lines = []
    for row in table_of(specific_agreement(ratings, option_values(item.question)), "clip").to_dict("records"):
        name = plain(row["option"]) if isinstance(row["option"], float) else str(row["option"])
        agreed = f"undefined: {row['reason']}"
        if row["status"] == "ok":
            agreed = coefficient(row["specific_agreement"])
        answer = names.get(str(row["option"]), name)
        lines.append([answer, str(int(row["n_judgments"])), f"{100 * row['prevalence']:.0f} %", agreed])
    columns = ["answer", "judgments", "prevalence", "a second annotator agrees"]
    return FigureTable("Agreement on each answer", columns, lines)


def _retest(statistics: Statistics, item: QuestionSummary) -> FigureTable | None:
    table = statistics.retest[statistics.retest["question"] == item.question.key]
    if table.empty:
        return None
    lines = []
    for name, part in table.groupby("statistic", sort=False):
        row = part[part["ci_scope"] == NEW_ANNOTATORS].iloc[0].to_dict()
        text = sentences.agreement_text(row)
        if name in ("standard_error_of_measurement", "repeatability"):
            text = sentences.estimate_text(row, decimals(item.ends) + 1)
        lines.append([sentences.statistic_name(str(name)), text, str(row["n_pairs"])])
    return FigureTable(
        "Test and retest", ["statistic", "figure [95\N{NO-BREAK SPACE}%]", "pairs of answers"], lines
    )


def _pairs(computed: Computed, statistics: Statistics, question: Question) -> tuple[Matrix | None, str]:
    """Return how each two annotators compare: numbers by their correlation, names by their similarity."""
    figure, what, lowest = _COMPARED.get(question.kind, _SIMILARITY)
    left_out = statistics.counted.left_out
    table = computed.quality.pairs
    table = table[(table["question"] == question.key) & table[figure].notna()]
    table = table[~(table["first"].isin(left_out) | table["second"].isin(left_out))]
    if table.empty:
        return None, ""
    least, middle, most = table[figure].quantile([0, 0.5, 1])
    note = (
        f"{what} of {plural(len(table), 'pair')} of annotators on the clips that both judged: "
        f"median {coefficient(middle)}, from {coefficient(least)} to {coefficient(most)}."
    )
    names = sorted({*table["first"], *table["second"]})
    if len(names) > MOST_IN_MATRIX:
        return None, f"{note} The table “pairs” of the download has every pair."
    found = {(row["first"], row["second"]): row[figure] for row in table.to_dict("records")}
    rows = []
    for one in names:
        values = [found.get((one, two), found.get((two, one))) for two in names]
        cells = [
            (_cell(value, one == two), shade(value, lowest, 1))
            for two, value in zip(names, values, strict=True)
        ]
        rows.append((one, cells))
    return Matrix(f"{what} of each two annotators", "annotator", names, rows), note


def _cell(value: float | None, same: bool) -> str:
    if same or value is None:
        return "" if same else DASH
    return coefficient(value)


def _disputed(statistics: Statistics, item: QuestionSummary) -> FigureTable | None:
    judgments = first_answers(item.question, statistics.counted.of(item.question))
    value = "number" if item.is_numeric else "value"
    named = judgments[["stimulus", "annotator", value]].set_axis(["item", "rater", "value"], axis=1)
    table = (disputed_items if item.is_numeric else disputed_answers)(named, size=_DISPUTED)
    stimuli = statistics.counted.rows.stimulus_rows
    clips = [stimuli[int(number)].clip for number in table["item"]]
    figures = _spread(item, table) if item.is_numeric else _answers(item, table)
    lines = [[clip_label(item, clip), *cells] for clip, cells in zip(clips, figures, strict=True)]
    columns = ["mean", "standard deviation", "lowest", "highest", "judgments"]
    if not item.is_numeric:
        columns = ["pairs that agree", "different answers", "most frequent", "judgments"]
    sounds = [clip.pk for clip in clips]
    caption = "Clips that people disagree on most"
    return FigureTable(caption, ["clip", *columns], lines, sounds=sounds) if lines else None


def _spread(item: QuestionSummary, table: pd.DataFrame) -> list[list[str]]:
    places = decimals(item.ends)
    return [
        [number(row["mean"], places), number(row["standard_deviation"], places), plain(row["lowest"]),
         plain(row["highest"]), str(row["n_judgments"])]
        for row in table.to_dict("records")
    ]  # fmt: skip


def _answers(item: QuestionSummary, table: pd.DataFrame) -> list[list[str]]:
    labels = option_labels(item.question)
    lines = []
    for row in table.to_dict("records"):
        given = row["most_frequent"]
        chosen = item.question.answer_kind.chosen(item.question.options, given)
        said = ", ".join(labels.get(name, name) for name in chosen) or NONE_TICKED
        share = f"{100 * row['agreement']:.0f} %"
        lines.append([share, str(row["answers"]), said, str(row["n_judgments"])])
    return lines
