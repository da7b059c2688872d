"""Tables of the page Retention and contrasts, from retention to contrasts of conditions.

Prepares the judgments of a study for the pure functions and adds the question and the group of clips to
each figure. All tables but `contrasts` have the columns `COLUMNS` (`COLUMNS_OF_TRACKS` if items are tracks).
"""

from collections.abc import Callable
from functools import cached_property

import pandas as pd

from explainer.core.clips.conditions import EVIDENCE
from studyserver.results.data.judgments import CountedJudgments
from studyserver.results.data.questions import heard_from
from studyserver.results.statistics.dose_response import dose_response_table
from studyserver.results.statistics.estimates import COLUMNS as FIGURES
from studyserver.results.statistics.estimates import UNITS

from .answer_models.figures import QuestionFigures
from .answer_models.stored import AnswerModels
from .contrasts import contrasts_of, declared_contrasts
from .model_comparison import model_comparison
from .naming import information, named_answers
from .signal_detection import CONTROL, signal_detection
from .summaries import Group, QuestionSummary, StudySummaries, group_columns
from .vocabulary import columns, table_of

_PLACE = ["question", "condition", "method", "kept_segments", "model", "about"]
COLUMNS = [*_PLACE, *columns([*FIGURES, UNITS], "clip")]
COLUMNS_OF_TRACKS = [*_PLACE, *columns(FIGURES, "track")]


class WhatRemains:
    """All statistics of one study about what listeners still hear."""

    def __init__(self, summaries: StudySummaries, models: AnswerModels) -> None:
        self.summaries = summaries
        self.models = models
        self.study = summaries.rows.study
        self.counted: CountedJudgments = summaries.counted

    @cached_property
    def _numeric(self) -> list[QuestionSummary]:
        return [item for item in self.summaries.questions if item.is_numeric and item.n_judgments]

    # -- tables -------------------------------------------------------------------------------

    @cached_property
    def retention(self) -> pd.DataFrame:
        """Retention per question and group of masked clips, and of evidence minus random control."""
        return self._for_each(
            self._numeric, lambda item: self.figures(item).retention_rows(), counted="track"
        )

    @cached_property
    def answer_models(self) -> pd.DataFrame:
        """Means per question and group, effects of order, and what the answers differ by (a G study)."""
        return self._for_each(self._numeric, lambda item: self.figures(item).model_rows(), counted="track")

    @cached_property
    def information(self) -> pd.DataFrame:
        """Bits, accuracy and chance per question whose options are targets (choice, checklist), and group."""
        return self._for_each(self.naming_questions, information)

    @cached_property
    def claims(self) -> pd.DataFrame:
        """Hits, false alarms, d' and criterion per question; `about` names what counts as noise."""
        return self._for_each(self.summaries.questions, self._signal_detection)

    @cached_property
    def model_comparison(self) -> pd.DataFrame:
        """Comparison with the model per question with a target: `about` is ``level`` or ``change``."""
        return self._for_each(
            self._numeric, lambda item: model_comparison(item, self.counted.rows.stimulus_rows)
        )

    @cached_property
    def dose_response(self) -> pd.DataFrame:
        """Dose-response statistics per question and method."""
        return self._for_each(self._numeric, self._dose_response)

    @cached_property
    def contrasts(self) -> pd.DataFrame:
        """Declared contrasts with Holm's correction, and exploratory ones, corrected separately."""
        return contrasts_of(self.study, self._numeric, self.figures)

    @property
    def contrasts_are_declared(self) -> bool:
        """Whether the study declared differences of conditions; otherwise all contrasts are exploratory."""
        return bool(declared_contrasts(self.study))

    @cached_property
    def naming_questions(self) -> list[QuestionSummary]:
        """Questions that ask which target a clip is about, or which are heard in it."""
        return [
            item
            for item in self.summaries.questions
            if item.question.answer_kind.has_options and named_answers(item)["intended"].nunique() > 1
        ]

    # -- one question each --------------------------------------------------------------------

    def _for_each(
        self,
        items: list[QuestionSummary],
        compute: Callable[[QuestionSummary], pd.DataFrame],
        counted: str = "clip",
    ) -> pd.DataFrame:
        parts = []
        for item in items:
            table = compute(item)
            if len(table):
                labels = {group.group.label: group_columns(group.group) for group in item.groups}
                place = [labels.get(label, group_columns(Group(label))) for label in table["condition"]]
                table = table.drop(columns="condition").reset_index(drop=True)
                parts.append(pd.DataFrame(place).join(table).assign(question=item.question.key))
        names = COLUMNS if counted == "clip" else COLUMNS_OF_TRACKS
        if not parts:
            return pd.DataFrame(columns=names)
        return table_of(pd.concat(parts, ignore_index=True), counted).reindex(columns=names)

    def figures(self, item: QuestionSummary) -> QuestionFigures:
        """Return the figures of one question that come from the model of its answers."""
        return QuestionFigures(self.models.of(item))

    def _signal_detection(self, item: QuestionSummary) -> pd.DataFrame:
        pooled = signal_detection(item, self.counted.main)
        if not (item.is_numeric and item.question.target and item.n_judgments):
            return pooled
        of_listener = self.figures(item).detection_rows(CONTROL)
        named = of_listener.rename(columns={"n_tracks": UNITS, "n_annotators": "n_raters"})
        return pd.concat([pooled, named], ignore_index=True)

    def _dose_response(self, item: QuestionSummary) -> pd.DataFrame:
        parts = []
        evidence = [group for group in item.groups if group.group.condition == EVIDENCE]
        for method in sorted({group.group.method for group in evidence}):
            table = pd.concat(
                [group.judgments for group in evidence if group.group.method == method], ignore_index=True
            )
            table = table[table["number"].notna() & (table["kept_segments"] > 0)]
            if min(table["segments_asked"].nunique(), table["kept_segments"].nunique()) < 2:
                continue
            found = dose_response_table(
                pd.DataFrame(
                    {
                        "feature": item.question.key,
                        "item": table["stimulus"],
                        "rater": table["annotator"].astype(str),
                        "unit": table["track"].astype(str),
                        "kept_segments": table["kept_segments"],
                        "heard": (table["number"] > heard_from(item.question)).astype(float),
                    }
                )
            )
            parts.append(found.drop(columns="feature").assign(condition=EVIDENCE, about=method))
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
