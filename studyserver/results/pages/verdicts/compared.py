"""What a research question compares: its sides, their rows in tables of pairs, a plot of every judgment."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from explainer.core.clips.conditions import ORIGINAL
from studyserver.results.statistics.odd_one_out import FOUND
from studyserver.results.tables.computed import Statistics
from studyserver.results.tables.contrasts import Side, groups_of_side, sides_of
from studyserver.results.tables.labels import NEW_ANNOTATORS
from studyserver.results.tables.summaries import Group, GroupSummary, QuestionSummary
from studyserver.study.models import Question, ResearchQuestion
from studyserver.study.questions.kind import Answers
from studyserver.study.questions.research.estimands import Estimand

from ..plots.strips import SHARES, judgments_plot, share_strip
from ..widgets import IntervalPlot

_STATISTICS = {Answers.PREFERENCES: "preference", Answers.MATCHES: "abx_correct"}


def pair_rows(table: pd.DataFrame, row: ResearchQuestion, question: Question) -> tuple[list[dict], bool]:
    """Return the rows of a pair of conditions, and whether the second is the first of the table's pair."""
    first, second = ((row.first, row.first_method), (row.second, row.second_method))
    rows = [
        one
        for one in table[table["question"] == question.key].to_dict("records")
        if one["ci_scope"] == NEW_ANNOTATORS
    ]
    straight = [one for one in rows if _is_side(one, first) and _is_about(one, second)]
    if straight:
        return straight, False
    return [one for one in rows if _is_side(one, second) and _is_about(one, first)], True


def _is_side(row: dict, wanted: tuple[str, str]) -> bool:
    condition, method = wanted
    return row["condition"] == condition and (not method or row["method"] == method)


def _is_about(row: dict, wanted: tuple[str, str]) -> bool:
    condition, method = wanted
    words = str(row["about"]).split(", ")
    return words[0] == Side(condition).label and (not method or method in words[1:])


def intruder_rows(statistics: Statistics, row: ResearchQuestion, question: Question) -> list[dict]:
    """Return the rows of how often intruders are found among the clips that a research question is about."""
    table = statistics.compared.intruders
    use = (table["question"] == question.key) & (table["about"] == "") & (table["statistic"] == FOUND)
    model = row.music_model.name if row.music_model else ""
    return [
        one
        for one in table[use].to_dict("records")
        if one["ci_scope"] == NEW_ANNOTATORS
        and _is_side(one, (row.first, row.first_method))
        and (not model or one["model"] in (None, model))
    ]


# -- the plot ---------------------------------------------------------------------------------


def plot_of(statistics: Statistics, row: ResearchQuestion, question: Question) -> IntervalPlot | None:
    """Return a plot of every judgment that a research question compares; None without any."""
    if question.answer_kind.answers == Answers.ODD_ONE_OUT:
        return _plot_of_intruders(statistics, row, question)
    if question.answer_kind.answers in _STATISTICS:
        return _plot_of_pairs(statistics, row, question)
    item = statistics.summaries.question(question)
    groups = list(_groups(item, row))
    plot = judgments_plot(item, groups)
    return plot if plot.strips else None


def _groups(item: QuestionSummary, row: ResearchQuestion) -> Iterator[GroupSummary]:
    sides = sides_of(row)
    if row.estimand == Estimand.RETENTION:
        sides.append(Side(ORIGINAL, model=sides[0].model))
    wanted = {group.group for side in sides for group in groups_of_side(item, side)}
    yield from (one for one in item.groups if one.group in wanted)


def _plot_of_pairs(statistics: Statistics, row: ResearchQuestion, question: Question) -> IntervalPlot | None:
    kind = question.answer_kind.answers
    compared = statistics.compared
    table = compared.preferences if kind == Answers.PREFERENCES else compared.discrimination
    found, turned = pair_rows(table[table["statistic"] == _STATISTICS[kind]], row, question)
    turned = turned and kind == Answers.PREFERENCES  # right answers have no direction
    answers = compared.answers(question)
    strips = []
    for one in found:
        first, second = _label(one), one["about"]
        values = answers.loc[
            (answers["first"].astype(str) == first) & (answers["second"].astype(str) == second), "value"
        ].to_numpy(float)
        if turned:
            values, first, second = 1 - values, second, first
            one = reversed_share(one)
        between = "over" if kind == Answers.PREFERENCES else "or"
        strips.append(share_strip(f"{first} {between} {second}", row.first, np.sort(values), one))
    if not strips:
        return None
    title = "Share of pairs in which the first was chosen"
    title = title if kind == Answers.PREFERENCES else "Share of right answers"
    n = sum(len(strip.points) for strip in strips)
    return IntervalPlot(title, strips, SHARES, of_judgments=True, n_judgments=n)


def _plot_of_intruders(
    statistics: Statistics, row: ResearchQuestion, question: Question
) -> IntervalPlot | None:
    answers, strips = statistics.compared.answers(question), []
    for one in intruder_rows(statistics, row, question):
        label = _label(one)
        values = answers.loc[answers["first"].astype(str) == label, "value"].to_numpy(float)
        strips.append(share_strip(label, row.first, np.sort(values), one))
    if not strips:
        return None
    n = sum(len(strip.points) for strip in strips)
    return IntervalPlot("Share of right answers", strips, SHARES, of_judgments=True, n_judgments=n)


def reversed_share(row: dict) -> dict:
    """Return a row of a share of pairs, of the other side of the pair."""
    ends = {"ci_low": 1 - row["ci_high"], "ci_high": 1 - row["ci_low"]}
    return {**row, "estimate": 1 - row["estimate"], **ends}


def _label(row: dict) -> str:
    size = 0 if pd.isna(row["kept_segments"]) else int(row["kept_segments"])
    known = {name: row[name] for name in ("method", "model") if isinstance(row[name], str)}
    return Group(row["condition"], kept_segments=size, **known).label
