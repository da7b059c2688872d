"""The computed tables of a study: figures of all annotators and, with exclusion rules, of those kept."""

from collections.abc import Collection, Iterator
from functools import cached_property
from itertools import chain

import pandas as pd

from studyserver.results.data import Row
from studyserver.results.data.judgments import CountedJudgments
from studyserver.results.data.questions import question_columns
from studyserver.results.data.rows import StudyRows
from studyserver.results.statistics.agreement import named_retest_table, retest_table

from .annotator_quality import ABX_FIGURES, FIGURES, MEASURES, AnnotatorQuality
from .answer_models.figures import QuestionFigures
from .answer_models.stored import AnswerModels
from .preferences_and_abx import Compared
from .remains import WhatRemains
from .scores import Scores
from .summaries import QuestionSummary, StudySummaries
from .time_marks import Marked
from .vocabulary import table_of

ALL, KEPT = "all", "kept"


class Computed:
    """Statistics of one study, each computed once when it is first needed.

    Parameters
    ----------
    rows : StudyRows
    everybody : bool
        Whether `shown` are the statistics of all annotators, including those excluded by declared rules.
    """

    def __init__(self, rows: StudyRows, *, everybody: bool = False) -> None:
        self.rows = rows
        self.study = rows.study
        self.everybody = everybody
        self._whole: Computed | None = None
        self._narrowed: dict[frozenset[str], Computed] = {}

    def narrowed(self, questions: Collection[str] = (), annotators: Collection[str] = ()) -> "Computed":
        """Return the same without the answers to some questions, or without those of some annotators.

        Without questions only, the declared rules exclude the same annotators as with all questions.
        """
        if annotators:
            return Computed(self.rows.narrowed(questions, annotators), everybody=self.everybody)
        key = frozenset(questions)
        if key not in self._narrowed:
            other = Computed(self.rows.narrowed(questions, ()), everybody=self.everybody)
            other._whole = self
            self._narrowed[key] = other
        return self._narrowed[key]

    @cached_property
    def counted(self) -> CountedJudgments:
        """The judgments of all annotators."""
        return CountedJudgments(self.rows)

    @cached_property
    def quality(self) -> AnnotatorQuality:
        """The quality of every annotator, including excluded ones."""
        if self._whole is not None and self._whole._has_quality:
            return self._whole.quality
        return AnnotatorQuality(self.counted)

    @cached_property
    def _has_quality(self) -> bool:
        try:
            return bool((self.quality.overall, self.quality.by_question, self.quality.pairs))
        except Exception:  # the error is reported where the quality itself is needed
            return False

    @cached_property
    def annotator_sets(self) -> dict[str, "Statistics"]:
        """Statistics of all annotators; with declared rules, also of the annotators kept."""
        everybody = Statistics(self.counted)
        if not self.quality.rules:
            return {ALL: everybody}
        if not self.quality.left_out:
            return {ALL: everybody, KEPT: everybody}
        return {ALL: everybody, KEPT: Statistics(self.counted.without(self.quality.left_out), KEPT)}

    @property
    def main(self) -> "Statistics":
        """The primary statistics: of the annotators kept if rules are declared."""
        return self.annotator_sets.get(KEPT, self.annotator_sets[ALL])

    @property
    def shown(self) -> "Statistics":
        """The statistics that pages show."""
        return self.annotator_sets[ALL] if self.everybody else self.main

    def table_rows(self, name: str) -> Iterator[Row]:
        """Yield the rows of one of `codebook.COMPUTED_TABLES`."""
        place: Row = {"study": self.study.slug, "rehearsal": self.rows.rehearsal}
        if name in ("annotator_quality", "pairs", "exclusions"):
            for row in getattr(self, f"_{name}")():
                yield {**place, **row}
            return
        for annotator_set, statistics in self.annotator_sets.items():
            for row in statistics.table_rows(name):
                yield {**place, "annotator_set": annotator_set, **row}

    def _annotator_quality(self) -> Iterator[Row]:
        columns = ["n_judgments", *FIGURES, *ABX_FIGURES]
        overall = _records(self.quality.overall, ["annotator", *columns, *MEASURES])
        by_question = _records(self.quality.by_question, ["annotator", "question", *columns])
        for row in chain(overall, by_question):
            yield {"left_out": row["annotator"] in self.quality.left_out, **row}

    def _pairs(self) -> Iterator[Row]:
        for row in _records(self.quality.pairs, list(self.quality.pairs.columns)):
            row["annotator"], row["other_annotator"] = row.pop("first"), row.pop("second")
            yield row

    def _exclusions(self) -> Iterator[Row]:
        sides = {rule.column: rule.excludes for rule in self.quality.rules}
        for row in _records(self.quality.excluded, list(self.quality.excluded.columns)):
            yield {
                "annotator": row["annotator"],
                "measure": row["rule"],
                "figure": row["figure"],
                "left_out_if": sides[str(row["rule"])],
                "limit": row["limit"],
                "reason": row["reason"],
            }


class Statistics:
    """All statistics of one set of judgments."""

    def __init__(self, counted: CountedJudgments, annotator_set: str = ALL) -> None:
        self.counted = counted
        self.summaries = StudySummaries(counted.rows, counted)
        self.models = AnswerModels(self.summaries, annotator_set)
        self.summaries.refine = self._refined
        self.remains = WhatRemains(self.summaries, self.models)
        self.compared = Compared(counted)
        self.marked = Marked(counted)
        self.scores = Scores(self.summaries)

    def _refined(self, item: QuestionSummary) -> QuestionSummary:
        return QuestionFigures(self.models.of(item)).refined() if item.is_numeric else item

    @cached_property
    def retest(self) -> pd.DataFrame:
        """Test-retest figures of each question that any annotator answered twice."""
        counted, parts = self.counted, []
        for repeats, compute in (
            (counted.repeats, retest_table),
            (counted.named_repeats, named_retest_table),
        ):
            for question, pairs in repeats.groupby("question", observed=True):
                answers = pairs["annotator"].astype(str), pairs["first"], pairs["second"]
                tracks = counted.stimuli["track"].reindex(pairs["stimulus"])
                table = table_of(compute(pairs["stimulus"], *answers, units=tracks), "clip")
                parts.append(table.assign(question=question))
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["question"])

    def table_rows(self, name: str) -> Iterator[Row]:
        """Yield the rows of a table, without study and annotator set."""
        if name in ("summary", "agreement"):
            yield from getattr(self.summaries, f"{name}_rows")()
            return
        table = self._table(name)
        questions = {item.key: question_columns(item) for item in self.counted.rows.measures.values()}
        for row in _records(table, list(table.columns)):
            yield {**row, **questions[str(row["question"])]}

    def _table(self, name: str) -> pd.DataFrame:
        holders = (self, self.compared, self.marked, self.remains, self.scores)
        return next(getattr(holder, name) for holder in holders if hasattr(type(holder), name))


def _records(table: pd.DataFrame, columns: list[str]) -> Iterator[Row]:
    """Yield rows as dictionaries, with None for missing values."""
    for row in table.reindex(columns=columns).to_dict("records"):
        yield {
            str(name): None if value is None or value is pd.NA or value != value else value
            for name, value in row.items()
        }
