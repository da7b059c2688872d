"""Preferences, ABX and intruders on the page "Retention and contrasts": clips compared within a trial."""

from collections.abc import Callable, Mapping

import pandas as pd

from explainer.core.base.counting import plural
from explainer.core.clips.conditions import EVIDENCE
from studyserver.common import number_text
from studyserver.common.target_names import target_name
from studyserver.results.tables.computed import Statistics
from studyserver.results.tables.labels import NEW_ANNOTATORS
from studyserver.results.tables.summaries import Group
from studyserver.study.models import Question
from studyserver.study.questions.kind import Answers

from .. import sentences
from ..widgets import FigureTable, IntervalPlot, Remaining
from .figures import Figures, Row, agreed, by_group_and_about, counts, estimated, figure_plot, figure_table

Pair = tuple[Group, str, Figures]  # the first group, the second in words, figures by statistic
_CHANCE = 0.5
_UNITS = ("tracks", "annotators", "judgments")
_BY_CHANCE = "Bars: 95\N{NO-BREAK SPACE}% interval over tracks and annotators; .5 is chance."


def comparison_parts(statistics: Statistics) -> list[Remaining]:
    """Return a part per question that compares clips."""
    compared = statistics.compared
    asked: list[tuple[Callable[..., Remaining], Question, pd.DataFrame]] = [
        (_preference, question, compared.preferences) for question in compared.questions(Answers.PREFERENCES)
    ]
    asked += [(_abx, question, compared.discrimination) for question in compared.questions(Answers.MATCHES)]
    found = [_intruder(statistics, question) for question in compared.questions(Answers.ODD_ONE_OUT)]
    for part, question, table in asked:
        own = table[table["question"] == question.key]
        if pairs := [pair for pair in by_group_and_about(own) if pair[1]]:
            found.append(part(question, own, pairs))
    return found


# -- preference -------------------------------------------------------------------------------


def _preference(question: Question, table: pd.DataFrame, pairs: list[Pair]) -> Remaining:
    rows = _rows(pairs, "over")
    columns = {
        "first chosen": agreed("preference"),
        "decided answers alone, exact": agreed("preference_exact"),
        "no preference": agreed("undecided"),
    }
    if any(figures["strength"]["status"] == "ok" for *_pair, figures in pairs):
        columns["strength"] = estimated("strength", 2)
    columns |= {"clip A chosen": agreed("first_shown_chosen"), **counts("preference", *_UNITS)}
    strengths = _strengths(table) if len(pairs) > 1 else None
    group, second, figures = _foremost(pairs)
    headline = _verdict(
        figures["preference"],
        f"Listeners choose the {group.label} over the {second}",
        f"Listeners choose the {second} over the {group.label}",
        f"Whether listeners prefer the {group.label} or the {second} is not settled",
    )
    plot = _plot("How often the first of two was chosen", rows, "preference")
    shown = figure_table("Preference", "compared", rows, columns)
    more = [strengths] if strengths else []
    return Remaining(question.key, question.text, headline, plot, shown, more=more)


def _strengths(table: pd.DataFrame) -> FigureTable | None:
    table = table[table["ci_scope"] == NEW_ANNOTATORS].fillna({"method": "", "kept_segments": 0, "model": ""})
    rows = table[table["statistic"] == "bradley_terry_strength"].to_dict("records")
    order = table[table["statistic"] == "order_effect"].to_dict("records")
    if not rows:
        return None
    groups = [Group(row["condition"], row["method"], int(row["kept_segments"]), row["model"]) for row in rows]
    lines = [[group.label, sentences.estimate_text(row, 2)] for group, row in zip(groups, rows, strict=True)]
    lines += [["clip A over clip B, equally strong", sentences.estimate_text(row, 2)] for row in order]
    conditions = [*(group.condition for group in groups), *("" for _ in order)]
    columns = ["condition", "log-odds [95\N{NO-BREAK SPACE}%]"]
    return FigureTable("Strengths after Bradley and Terry", columns, lines, conditions=conditions)


# -- ABX --------------------------------------------------------------------------------------


def _abx(question: Question, _table: pd.DataFrame, pairs: list[Pair]) -> Remaining:
    rows = _rows(pairs, "or")
    columns = {
        "right": agreed("abx_correct"),
        "right, exact": agreed("abx_correct_exact"),
        "d\N{PRIME}": estimated("abx_d_prime", 2),
        "answered A": agreed("abx_a_said"),
        "criterion": estimated("abx_criterion", 2),
        **counts("abx_correct", *_UNITS),
    }
    group, second, figures = _foremost(pairs)
    headline = _verdict(
        figures["abx_correct"],
        f"Listeners can tell the {group.label} from the {second}",
        f"Listeners take the {group.label} for the {second} more often than chance would have it",
        f"Whether listeners can tell the {group.label} from the {second} is not settled",
    )
    plot = _plot("Share of right answers", rows, "abx_correct")
    table = figure_table("ABX", "told apart", rows, columns)
    return Remaining(question.key, question.text, headline, plot, table)


# -- intruders --------------------------------------------------------------------------------


def _intruder(statistics: Statistics, question: Question) -> Remaining:
    compared = statistics.compared
    guessing = compared.guessing(question)
    found = by_group_and_about(compared.intruders[compared.intruders["question"] == question.key])
    rows: list[Row] = [
        (f"{group.label}, {target_name(about)}" if about else f"{group.label}, all", group.condition, figures)
        for group, about, figures in found
    ]
    columns = {
        "found": agreed("intruder_found"),
        "found, exact": agreed("intruder_found_exact"),
        **counts("intruder_found", *_UNITS),
    }
    group, figures = _most_judged([(group, figures) for group, about, figures in found if not about])
    headline = _verdict(
        figures["intruder_found"],
        f"Listeners find the clip of another target among clips of {group.label}",
        f"Listeners find the clip of another target among clips of {group.label} less often than by chance",
        f"Whether listeners find the clip of another target among clips of {group.label} is not settled",
        chance=guessing,
    )
    note = f"Bars: 95\N{NO-BREAK SPACE}% interval over tracks and annotators; {guessing:.2g} is chance."
    plot = _plot("How often the intruder was found", rows, "intruder_found", note.replace("0.", "."))
    table = figure_table("Intruders, by what the other clips share", "clips of", rows, columns)
    return Remaining(question.key, question.text, headline, plot, table)


def _most_judged(found: list[tuple[Group, Figures]]) -> tuple[Group, Figures]:
    """Return evidence where it was asked about, else the first group; of several the one judged most."""
    asked = [one for one in found if one[0].condition == EVIDENCE]
    return max(asked or found[:1], key=lambda one: one[1]["intruder_found"]["n_judgments"])


# -- all -------------------------------------------------------------------------------------


def _rows(pairs: list[Pair], between: str) -> list[Row]:
    return [(f"{group.label} {between} {second}", group.condition, found) for group, second, found in pairs]


def _plot(title: str, rows: list[Row], statistic: str, note: str = _BY_CHANCE) -> IntervalPlot:
    return figure_plot(title, rows, statistic, (0.0, 1.0), (0, 0.25, 0.5, 0.75, 1), note)


def _foremost(pairs: list[Pair]) -> Pair:
    """Return evidence against the random control where it was asked for, else the first pair.

    Of several kinds of evidence or control it is the pair with most judgments.
    """
    asked = [x for x in pairs if x[0].condition == EVIDENCE and x[1].startswith("random control")]
    return max(asked or pairs[:1], key=lambda x: max(row["n_judgments"] for row in x[2].values()))


def _verdict(row: Mapping, above: str, below: str, open_: str, *, chance: float = _CHANCE) -> str:
    """Return which side of chance an interval lies on, with the share; of two, that of the one above."""
    text = open_
    if row["ci_low"] == row["ci_low"]:
        text = above if row["ci_low"] > chance else below if row["ci_high"] < chance else open_
    is_turned = text is below and chance == _CHANCE
    share = 1 - row["estimate"] if is_turned else row["estimate"]
    figures = f"{100 * share:.0f}\N{NO-BREAK SPACE}%"
    if row["ci_low"] == row["ci_low"]:
        ends = sorted(abs(row[name] - is_turned) for name in ("ci_low", "ci_high"))
        figures += f" {number_text.interval(100 * ends[0], 100 * ends[1], 0)}"
    else:
        figures += f" of {plural(int(row['n_judgments']), 'judgment')}, no interval"
    return f"{text}: {figures}; chance would give {100 * chance:.0f}\N{NO-BREAK SPACE}%."
