"""Scores of conditions, Friedman's test, and the answers to each clip in shares."""

from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from studyserver.common.number_text import plain
from studyserver.results.data.questions import option_values, scale_ends
from studyserver.results.statistics.opinion_scores import answer_shares, friedman, score_table
from studyserver.study.models import Question
from studyserver.study.questions.kind import Answers

from .summaries import QuestionSummary, StudySummaries, group_columns
from .vocabulary import in_words, table_of

_PLACE = ["question", "condition", "method", "kept_segments", "model"]


class Scores:
    """Tables of scores of one study."""

    def __init__(self, summaries: StudySummaries) -> None:
        self.summaries = summaries
        self.counted = summaries.counted

    @property
    def _numeric(self) -> list[QuestionSummary]:
        return [item for item in self.summaries.questions if item.is_numeric and item.n_judgments]

    @cached_property
    def opinion_scores(self) -> pd.DataFrame:
        """Mean opinion scores, medians and quartiles per question with numbers and group of clips."""
        parts = [scores_of(item) for item in self._numeric]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=_PLACE)

    @cached_property
    def friedman(self) -> pd.DataFrame:
        """Friedman's test per question with numbers that was asked of three groups of clips or more."""
        rows = [friedman_of(item) for item in self._numeric if len(item.groups) > 2]
        return pd.DataFrame(rows) if rows else pd.DataFrame(columns=["question"])

    @cached_property
    def answer_shares(self) -> pd.DataFrame:
        """How often each option was chosen, per question with options or points and clip."""
        parts = [
            _shares(question, self.counted.of(question).drop_duplicates(["stimulus", "annotator"]))
            for question in self.counted.rows.measures.values()
            if question.answer_kind.is_summarised and not question.answer_kind.is_continuous
        ]
        parts = [part for part in parts if len(part)]
        if not parts:
            return pd.DataFrame(columns=["question", "stimulus", "option"])
        clips = self.counted.stimuli[["clip", "track", "condition", "target"]]
        return pd.concat(parts, ignore_index=True).join(clips, on="stimulus")


def scores_of(item: QuestionSummary) -> pd.DataFrame:
    """Return the scores of a question, a row per group of clips and scope of the interval."""
    low, high = scale_ends(item.question)
    parts = []
    for group in item.groups:
        judged = group.judgments[group.judgments["number"].notna()]
        found = score_table(
            judged["number"].to_numpy(float), judged["annotator"].astype(str).to_numpy(), low=low, high=high
        )
        counts = {
            "n_clips": judged["stimulus"].nunique(),
            "n_tracks": judged["track"].nunique(),
            "n_annotators": judged["annotator"].nunique(),
            "n_judgments": len(judged),
        }
        parts.append(found.assign(question=item.question.key, **group_columns(group.group), **counts))
    table = table_of(pd.concat(parts, ignore_index=True), "clip") if parts else pd.DataFrame(columns=_PLACE)
    table = table.rename(columns={"mean": "judgment_mean"})
    return table.replace({"ci_scope": {"raters": "annotators"}})


def friedman_of(item: QuestionSummary) -> dict[str, Any]:
    """Return the row of a question in the table `friedman`."""
    columns = []
    for group in item.groups:
        judged = group.judgments
        columns.append(judged.groupby(judged["annotator"].astype(str))["number"].mean())
    scores = pd.concat(columns, axis=1)
    found = friedman(scores.to_numpy(float))
    whole = scores.index[np.isfinite(scores.to_numpy(float)).all(axis=1)]
    n = sum(
        int((group.judgments["annotator"].isin(whole) & group.judgments["number"].notna()).sum())
        for group in item.groups
    )
    return {
        "question": item.question.key,
        "chi_square": found.chi_square,
        "degrees": found.degrees,
        "p": found.p,
        "kendall_w": found.kendall_w,
        "n_conditions": found.n_conditions,
        "n_annotators": found.n_raters,
        "n_judgments": n,
        "status": "undefined" if found.reason else "ok",
        "reason": in_words(found.reason or "", "clip"),
    }


def _shares(question: Question, judgments: pd.DataFrame) -> pd.DataFrame:
    kind = question.answer_kind
    names = option_values(question)
    if names:
        sets = kind.answers == Answers.SETS
        chosen = [sorted(value) if sets else [value] for value in judgments["value"]]
        options = list(names)
    else:
        judgments = judgments[judgments["number"].notna()]
        options = [plain(point) for point in kind.points(question.options)]
        chosen = [[plain(number)] for number in judgments["number"]]
    if judgments.empty or not options:
        return pd.DataFrame()
    answers = pd.DataFrame(
        {"item": judgments["stimulus"].to_numpy(), "chosen": pd.Series(chosen, dtype=object)}
    )
    table = answer_shares(answers, options).rename(columns={"item": "stimulus"})
    return table.assign(question=question.key)
