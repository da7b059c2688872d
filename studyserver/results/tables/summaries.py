"""Means, distributions and agreement of a study per question and condition.

Only finished main trials count. A question about a target counts clips made for that target, and
those that serve all targets (original, resynthesis); a question without a target counts every clip.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from explainer.core.clips.conditions import EVIDENCE, ORIGINAL, RANDOM_CONTROL
from studyserver.common.number_text import plain
from studyserver.results.data.judgments import CountedJudgments, first_answers
from studyserver.results.data.questions import option_labels, option_values, question_columns, scale_ends
from studyserver.results.data.rows import StudyRows
from studyserver.results.statistics.agreement import FURTHER, STATISTICS, agreement_table
from studyserver.results.statistics.intervals import Interval
from studyserver.results.statistics.means import Mean, difference_with_interval, mean_with_interval
from studyserver.results.statistics.reasons import Reason
from studyserver.results.tables.labels import CONDITIONS
from studyserver.study.models import Question
from studyserver.study.questions.kind import Answers

from .labels import NEW_ANNOTATORS, condition_name
from .vocabulary import interval_of, mean_of, table_of

ALPHA = "krippendorff_alpha"
_SLIDER_BINS = 10
_LABELLED = ["condition", "base_condition", "track", "excerpt", "stimulus", "target", "annotator", "value"]


@dataclass(frozen=True)
class Group:
    """Clips that are summarised together: one condition; one method, size and music model if they differ."""

    condition: str
    method: str = ""
    kept_segments: int = 0
    model: str = ""

    @property
    def label(self) -> str:
        """The group in words."""
        size = self.kept_segments  # without digit grouping: exported analyses compare this text
        words = f"{size} segment{'' if size == 1 else 's'}" if size else ""
        return ", ".join(filter(None, [condition_name(self.condition), self.method, words, self.model]))


@dataclass(frozen=True)
class GroupSummary:
    """The judgments of one question on one group of clips."""

    group: Group
    mean: Mean | None  # of the numbers; None for questions without
    shares: dict[str, Mean]  # option -> share that chose it
    hits: pd.Series  # 1 where the target was chosen for which the clip was made, 0 where not
    names_target: Mean | None  # their mean
    distribution: list[tuple[str, int]]
    judgments: pd.DataFrame
    n_judgments: int
    n_annotators: int
    n_clips: int


@dataclass(frozen=True)
class QuestionSummary:
    """All summaries of one question."""

    question: Question
    ends: tuple[float, float]  # of the scale; 0 and 1 for shares
    groups: list[GroupSummary]
    agreed: "Agreement"
    n_judgments: int
    n_annotators: int
    n_clips: int
    contrasts: dict[tuple[Group, Group], tuple[float, Interval]] = field(default_factory=dict)

    @property
    def agreement(self) -> pd.DataFrame:
        """All figures of agreement, see `Agreement.figures`."""
        return self.agreed.figures

    @property
    def is_numeric(self) -> bool:
        """Whether its answers have means."""
        return self.question.answer_kind.has_numbers

    def first(self, condition: str) -> GroupSummary | None:
        """Return the first group of a condition."""
        return next((item for item in self.groups if item.group.condition == condition), None)

    def alpha(self, group: Group | None = None) -> dict[str, dict]:
        """Return Krippendorff's alpha of a group, by default of all together, by scope of its interval."""
        place = group_columns(group or Group(""))
        rows = self.agreed.alphas.to_dict("records")
        return {
            row["ci_scope"]: row
            for row in rows
            if all((None if _missing(row[name]) else row[name]) == value for name, value in place.items())
        }


class Agreement:
    """Agreement on one question, of all clips together and in each group, computed when it is first needed.

    Most pages need alpha alone, which takes a small part of the time of all coefficients.
    """

    def __init__(self, question: Question, judgments: pd.DataFrame, groups: list[GroupSummary]) -> None:
        self._question = question
        self._parts = [(Group(""), judgments), *((item.group, item.judgments) for item in groups)]

    @cached_property
    def figures(self) -> pd.DataFrame:
        """`agreement_table` for each part, with ``suits``: whether the coefficient is for answers like these.

        ``condition`` is empty for all clips together.
        """
        return self._tables((*STATISTICS, *FURTHER))

    @cached_property
    def alphas(self) -> pd.DataFrame:
        """The rows of Krippendorff's alpha."""
        found = self.__dict__["figures"] if "figures" in self.__dict__ else self._tables((ALPHA,))
        return found[found["statistic"] == ALPHA]

    def _tables(self, statistics: Sequence[str]) -> pd.DataFrame:
        tables = [self._table(group, judged, statistics) for group, judged in self._parts]
        return pd.concat(tables, ignore_index=True)

    def _table(self, group: Group, judged: pd.DataFrame, statistics: Sequence[str]) -> pd.DataFrame:
        part = first_answers(self._question, judged)
        values, level, options = ratings_of(self._question, part)
        names = part["stimulus"].to_numpy(), part["annotator"].to_numpy()
        tracks = part["track"].to_numpy()
        has_order = level not in ("nominal", "sets") and options is not None
        wanted = [name for name in statistics if has_order or name not in FURTHER]
        found = agreement_table(*names, values, level, options, units=tracks, statistics=wanted, parts=True)
        suits = [not (isinstance(reason, Reason) and reason.is_unsuitable) for reason in found["reason"]]
        return table_of(found, "clip").assign(level=level, suits=suits, **group_columns(group))


class StudySummaries:
    """Every question of one study, summarised.

    Parameters
    ----------
    rows : StudyRows
    counted : CountedJudgments, optional
        The judgments to use; by default those of all annotators.
    """

    def __init__(self, rows: StudyRows, counted: CountedJudgments | None = None) -> None:
        self.rows = rows
        self.counted = counted or CountedJudgments(rows)
        self.refine: Callable[[QuestionSummary], QuestionSummary] = lambda item: item
        self._plain: dict[str, QuestionSummary] = {}
        self._found: dict[str, QuestionSummary] = {}

    @cached_property
    def questions(self) -> list[QuestionSummary]:
        """The questions in order, free text left out."""
        asked = self.rows.measures.values()
        return [self.question(question) for question in asked if question.answer_kind.is_summarised]

    def summary_rows(self) -> Iterator[dict[str, Any]]:
        """Yield the table `summary`."""
        for item, plain_item in zip(self.questions, self.plain_questions, strict=True):
            for group, plain_group in zip(item.groups, plain_item.groups, strict=True):
                means = group.shares if group.mean is None else {"": group.mean}
                for option, mean in means.items():
                    of_judgments = mean if plain_group.mean is None else plain_group.mean
                    yield {
                        **question_columns(item.question),
                        **group_columns(group.group),
                        "option": option,
                        "mean": mean.value,
                        "judgment_mean": of_judgments.value,
                        "sd": mean.sd,
                        **mean.interval.columns,
                        "ci_scope": NEW_ANNOTATORS,
                        "n_clips": mean.n_items,
                        "n_tracks": mean.n_units,
                        "n_annotators": mean.n_raters,
                        "n_judgments": mean.n_judgments,
                        "status": "undefined" if mean.value is None else "ok",
                    }

    def agreement_rows(self) -> Iterator[dict[str, Any]]:
        """Yield the table `agreement`."""
        for item in self.questions:
            for row in item.agreement.drop(columns="suits").to_dict("records"):
                yield {
                    **question_columns(item.question),
                    **{name: None if _missing(value) else value for name, value in row.items()},
                }

    def question(self, question: Question) -> QuestionSummary:
        """Return one question's summary, with means and differences from the model of its answers."""
        if question.key not in self._found:
            self._found[question.key] = self.refine(self.plain_question(question))
        return self._found[question.key]

    @property
    def plain_questions(self) -> list[QuestionSummary]:
        """The questions in order, free text left out, without the models of their answers."""
        asked = self.rows.measures.values()
        return [self.plain_question(question) for question in asked if question.answer_kind.is_summarised]

    def plain_question(self, question: Question) -> QuestionSummary:
        """Return one question's summary without the model of its answers, computed once."""
        if question.key not in self._plain:
            self._plain[question.key] = self._summary(question)
        return self._plain[question.key]

    def _summary(self, question: Question) -> QuestionSummary:
        judgments = self.counted.of(question)
        alike = self.rows.has_adaptive_trials
        groups = [_group_summary(question, *item, alike) for item in groups_of(judgments)]
        return QuestionSummary(
            question,
            scale_ends(question),
            groups,
            Agreement(question, judgments, groups),
            contrasts=_contrasts(groups, numeric=question.answer_kind.has_numbers, alike=alike),
            **_counts(judgments),
        )


def group_columns(group: Group) -> dict:
    """Return a group as columns of a table, with None for what does not distinguish it."""
    return {
        "condition": group.condition,
        "method": group.method or None,
        "kept_segments": group.kept_segments or None,
        "model": group.model or None,
    }


def groups_of(judgments: pd.DataFrame) -> list[tuple[Group, pd.DataFrame]]:
    """Return judgments (or clips) in groups, in the order of the conditions."""
    found = []
    for condition in CONDITIONS:
        part = judgments[judgments["condition"] == condition]
        if part.empty:
            continue
        apart = told_apart(condition, part)
        if not apart:
            found.append((Group(condition), part))
            continue
        for values, rows in part.groupby(apart, sort=True, observed=True):
            named = dict(zip(apart, values, strict=True))
            found.append((Group(condition, **{name: _plain(value) for name, value in named.items()}), rows))
    return found


def _plain(value: object) -> Any:
    return value if isinstance(value, str) else int(str(value))


def told_apart(condition: str, clips: pd.DataFrame) -> list[str]:
    """Return the columns that distinguish groups of a condition: method, size, music model, if they differ.

    Sizes distinguish groups only if several were requested of one model and method. Otherwise clips that hold
    fewer segments, because fewer have a positive weight, stay with the others.
    """
    models = ["model"] if clips["model"].nunique() > 1 else []
    if condition == ORIGINAL:
        return models
    sizes = clips.groupby(["method", "model"], observed=True)["segments_asked"].nunique()
    method = ["method"] if clips["method"].nunique() > 1 else []
    return [*method, *(["kept_segments"] if (sizes > 1).any() else []), *models]


def _group_summary(
    question: Question, group: Group, judgments: pd.DataFrame, alike: bool = False
) -> GroupSummary:
    low, high = scale_ends(question)
    mean = None
    if question.answer_kind.has_numbers:
        mean = _mean(judgments[judgments["number"].notna()], "number", low, high, alike)
    chosen = _chosen(question, judgments)
    hits = _hits(question, judgments, chosen)
    shares = {
        option: _mean(judgments.assign(chosen=chosen[option]), "chosen", 0, 1, alike) for option in chosen
    }
    names_target = None
    if len(hits):
        names_target = _mean(judgments.loc[hits.index].assign(hit=hits), "hit", 0, 1, alike)
    return GroupSummary(
        group=group,
        mean=mean,
        shares=shares,
        hits=hits,
        names_target=names_target,
        distribution=_distribution(question, judgments, chosen),
        judgments=judgments,
        **_counts(judgments),
    )


def _counts(judgments: pd.DataFrame) -> dict[str, int]:
    return {
        "n_judgments": len(judgments),
        "n_annotators": judgments["annotator"].nunique(),
        "n_clips": judgments["stimulus"].nunique(),
    }


def _mean(judgments: pd.DataFrame, column: str, low: float, high: float, alike: bool) -> Mean:
    values = judgments[column].to_numpy(dtype=float)
    place = judgments["stimulus"].to_numpy(), judgments["annotator"].to_numpy()
    tracks = judgments["track"].to_numpy()
    mean = mean_with_interval(values, *place, units=tracks, low=low, high=high, items_alike=alike)
    return mean_of(mean, "clip")


def _chosen(question: Question, judgments: pd.DataFrame) -> pd.DataFrame:
    """Return one column of 0 and 1 per option; no column for kinds without options."""
    kind, options = question.answer_kind, option_values(question)
    if not kind.has_options:
        return pd.DataFrame(index=judgments.index)
    sets = judgments["value"] if kind.answers == Answers.SETS else [{value} for value in judgments["value"]]
    return pd.DataFrame(
        {option: [float(option in chosen) for chosen in sets] for option in options}, index=judgments.index
    )


def _hits(question: Question, judgments: pd.DataFrame, chosen: pd.DataFrame) -> pd.Series:
    """Return whether the clip's target was chosen, for clips whose target is among the options."""
    labels = option_labels(question)
    by_name = {labels[value].casefold(): value for value in chosen if value in labels}
    by_name |= {value.casefold(): value for value in chosen}
    option = judgments["target"].map(lambda target: by_name.get(target.casefold())).dropna()
    return pd.Series(
        [chosen.at[index, name] for index, name in option.items()], index=option.index, dtype=float
    )


def _distribution(question: Question, judgments: pd.DataFrame, chosen: pd.DataFrame) -> list[tuple[str, int]]:
    kind, labels = question.answer_kind, option_labels(question)
    if kind.has_options:
        return [(labels.get(option, option), int(chosen[option].sum())) for option in chosen]
    if names := option_values(question):
        counts = judgments["value"].value_counts()
        return [(labels[name], int(counts.get(name, 0))) for name in names]
    low, high = scale_ends(question)
    numbers = judgments["number"].to_numpy(dtype=float)
    if not kind.is_continuous:
        points = kind.points(question.options)
        return [(words, int((numbers == point).sum())) for point, words in points.items()]
    # Rounded, so that binary fractions do not move a number on an edge to the lower part.
    place = np.round(_SLIDER_BINS * (numbers - low) / (high - low), 9)
    counts, parts = np.histogram(place, bins=_SLIDER_BINS, range=(0, _SLIDER_BINS))
    edges = low + parts * (high - low) / _SLIDER_BINS
    return [
        (f"{plain(start)} to {plain(end)}", int(count))
        for start, end, count in zip(edges, edges[1:], counts, strict=False)
    ]


# -- ratings and contrasts --------------------------------------------------------------------


def ratings_of(question: Question, judgments: pd.DataFrame) -> tuple[list, str, list | None]:
    """Return values, level and declared options for the agreement figures.

    A level that does not fit the answers (of a question that no form checked) is replaced by the next lower.
    """
    kind = question.answer_kind
    if kind.answers == Answers.SETS:
        return judgments["value"].tolist(), "sets", option_values(question)
    if kind.answers == Answers.NAMES:
        level = "nominal" if question.level == "nominal" else "ordinal"
        return judgments["value"].tolist(), level, option_values(question)
    numbers = judgments["number"].tolist()
    level = "interval" if question.level == "ratio" and scale_ends(question)[0] < 0 else question.level
    return numbers, level, None if kind.is_continuous else list(kind.points(question.options))


def _contrasts(
    groups: list[GroupSummary], *, numeric: bool, alike: bool
) -> dict[tuple[Group, Group], tuple[float, Interval]]:
    """Return the difference evidence minus random control for each method and size."""
    found = {}
    controls = [item for item in groups if item.group.condition == RANDOM_CONTROL]
    for evidence in (item for item in groups if item.group.condition == EVIDENCE):
        same = replace(evidence.group, condition=RANDOM_CONTROL)
        control = next(
            (item for item in controls if item.group == same), controls[0] if len(controls) == 1 else None
        )
        if control is None:
            continue
        sides = [_side(item, numeric) for item in (evidence, control)]
        if all(len(side[0]) for side in sides):
            difference, interval = difference_with_interval(*sides, items_alike=alike)
            found[(evidence.group, control.group)] = difference, interval_of(interval, "track")
    return found


def _side(item: GroupSummary, numeric: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    values = item.judgments["number"].dropna() if numeric else item.hits
    judgments = item.judgments.loc[values.index]
    return values.to_numpy(dtype=float), judgments["track"].to_numpy(), judgments["annotator"].to_numpy()


def _missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and np.isnan(value))


# -- judgments with their groups --------------------------------------------------------------


def labelled(group: GroupSummary, value: str = "number") -> pd.DataFrame:
    """Return a group's judgments with its label as ``condition`` and the given column as ``value``."""
    part = group.judgments
    return pd.DataFrame(
        {
            "condition": group.group.label,
            "base_condition": group.group.condition,
            "track": part["track"].astype(str),
            "excerpt": part["excerpt"].astype(str),
            "stimulus": part["stimulus"],
            "target": part["target"].astype(str),
            "annotator": part["annotator"].astype(str),
            "value": part[value],
        }
    )


def joined(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return tables with the columns of `labelled` as one table, which is empty if there are none."""
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=_LABELLED)


def together(item: QuestionSummary) -> pd.DataFrame:
    """Return the numbers given to all groups of a question, with the columns of `labelled`."""
    table = joined([labelled(group) for group in item.groups])
    return table.dropna(subset=["value"]).reset_index(drop=True)
