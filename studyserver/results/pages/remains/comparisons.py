"""What the page "What remains" shows of clips that were compared within a trial: preferences and ABX."""

from collections.abc import Mapping

import pandas as pd

from explainer.core.base.counting import plural
from explainer.core.clips.conditions import EVIDENCE
from studyserver.common import number_text
from studyserver.results.tables.labels import NEW_ANNOTATORS
from studyserver.results.tables.preferences_and_abx import Compared
from studyserver.results.tables.summaries import Group
from studyserver.study.models import Question
from studyserver.study.questions.kind import Answers

from .. import sentences
from ..widgets import FigureTable, IntervalPlot, Remaining, interval_plot
from .figures import Figures, by_group_and_about

_CHANCE = 0.5
_BY_CHANCE = "Bars: 95\N{NO-BREAK SPACE}% interval over tracks and annotators; .5 is chance."


def comparison_parts(compared: Compared) -> list[Remaining]:
    """Return a part per preference question and per ABX question."""
    parts = [
        _preference(question, _of(compared.preferences, question.key))
        for question in compared.questions(Answers.PREFERENCES)
    ]
    parts += [
        _abx(question, _of(compared.discrimination, question.key))
        for question in compared.questions(Answers.MATCHES)
    ]
    return [part for part in parts if part is not None]


def _of(table: pd.DataFrame, key: str) -> pd.DataFrame:
    return table[table["question"] == key]


def _pairs(table: pd.DataFrame) -> list[tuple[Group, str, Figures]]:
    """Return each pair's first group, second group in words, and figures by statistic."""
    return [pair for pair in by_group_and_about(table) if pair[1]]


# -- preference -------------------------------------------------------------------------------


def _preference(question: Question, table: pd.DataFrame) -> Remaining | None:
    pairs = _pairs(table)
    if not pairs:
        return None
    plot = _plot("How often the first of two was chosen", pairs, "preference", "over")
    columns = [
        "compared", "first chosen", "decided answers alone, exact", "no preference", "strength",
        "clip A chosen", "tracks", "annotators", "judgments",
    ]  # fmt: skip
    strength_asked = any(rows["strength"]["status"] == "ok" for *_pair, rows in pairs)
    if not strength_asked:
        columns.remove("strength")
    lines = [
        [
            f"{group.label} over {second}",
            sentences.agreement_text(rows["preference"]),
            sentences.agreement_text(rows["preference_exact"]),
            sentences.agreement_text(rows["undecided"]),
            *([sentences.estimate_text(rows["strength"], 2)] if strength_asked else []),
            sentences.agreement_text(rows["first_shown_chosen"]),
            *_counts(rows["preference"]),
        ]
        for group, second, rows in pairs
    ]
    tables = [FigureTable("Preference", columns, lines, conditions=[group.condition for group, *_ in pairs])]
    strengths = _strengths(table)
    if len(pairs) > 1 and strengths:
        tables.append(strengths)
    group, second, rows = _foremost(pairs)
    headline = _verdict(
        rows["preference"],
        f"Listeners choose the {group.label} over the {second}",
        f"Listeners choose the {second} over the {group.label}",
        f"Whether listeners prefer the {group.label} or the {second} is not settled",
    )
    return Remaining(question.key, question.text, headline, plot, tables[0], tables[1:])


def _strengths(table: pd.DataFrame) -> FigureTable | None:
    table = table[table["ci_scope"] == NEW_ANNOTATORS].fillna({"method": "", "kept_segments": 0})
    rows = table[table["statistic"] == "bradley_terry_strength"].to_dict("records")
    order = table[table["statistic"] == "order_effect"].to_dict("records")
    if not rows:
        return None
    groups = [Group(row["condition"], row["method"], int(row["kept_segments"])) for row in rows]
    lines = [[group.label, sentences.estimate_text(row, 2)] for group, row in zip(groups, rows, strict=True)]
    lines += [["clip A over clip B, equally strong", sentences.estimate_text(row, 2)] for row in order]
    conditions = [*(group.condition for group in groups), *("" for _ in order)]
    columns = ["condition", "log-odds [95\N{NO-BREAK SPACE}%]"]
    return FigureTable("Strengths after Bradley and Terry", columns, lines, conditions=conditions)


# -- ABX --------------------------------------------------------------------------------------


def _abx(question: Question, table: pd.DataFrame) -> Remaining | None:
    pairs = _pairs(table)
    if not pairs:
        return None
    plot = _plot("Share of right answers", pairs, "abx_correct", "or")
    columns = [
        "told apart", "right", "right, exact", "d\N{PRIME}", "answered A", "criterion", "tracks",
        "annotators", "judgments",
    ]  # fmt: skip
    lines = [
        [
            f"{group.label} or {second}",
            sentences.agreement_text(rows["abx_correct"]),
            sentences.agreement_text(rows["abx_correct_exact"]),
            sentences.estimate_text(rows["abx_d_prime"], 2),
            sentences.agreement_text(rows["abx_a_said"]),
            sentences.estimate_text(rows["abx_criterion"], 2),
            *_counts(rows["abx_correct"]),
        ]
        for group, second, rows in pairs
    ]
    figures = FigureTable("ABX", columns, lines, conditions=[group.condition for group, *_ in pairs])
    group, second, rows = _foremost(pairs)
    headline = _verdict(
        rows["abx_correct"],
        f"Listeners can tell the {group.label} from the {second}",
        f"Listeners take the {group.label} for the {second} more often than chance would have it",
        f"Whether listeners can tell the {group.label} from the {second} is not settled",
    )
    return Remaining(question.key, question.text, headline, plot, figures)


# -- both -------------------------------------------------------------------------------------


def _plot(title: str, pairs: list, statistic: str, between: str) -> IntervalPlot:
    rows = [
        (f"{group.label} {between} {second}", group.condition, figures[statistic])
        for group, second, figures in pairs
    ]
    return interval_plot(title, rows, (0.0, 1.0), (0, 0.25, 0.5, 0.75, 1), _BY_CHANCE)


def _foremost(pairs: list) -> tuple[Group, str, Figures]:
    """Return evidence against the random control where it was asked for, else the first pair.

    Of several kinds of evidence or control it is the pair with most judgments.
    """
    asked = [x for x in pairs if x[0].condition == EVIDENCE and x[1].startswith("random control")]
    return max(asked or pairs[:1], key=lambda x: max(row["n_judgments"] for row in x[2].values()))


def _counts(row: Mapping) -> list[str]:
    return [str(int(row[name])) for name in ("n_tracks", "n_annotators", "n_judgments")]


def _verdict(row: Mapping, above: str, below: str, open_: str) -> str:
    """Return which side of chance an interval lies on, with the share."""
    text = open_
    if row["ci_low"] == row["ci_low"]:
        text = above if row["ci_low"] > _CHANCE else below if row["ci_high"] < _CHANCE else open_
    share = row["estimate"] if text is not below else 1 - row["estimate"]
    figures = f"{100 * share:.0f}\N{NO-BREAK SPACE}%"
    if row["ci_low"] == row["ci_low"]:
        ends = sorted(abs(row[name] - (text is below)) for name in ("ci_low", "ci_high"))
        figures += f" {number_text.interval(100 * ends[0], 100 * ends[1], 0)}"
    else:
        figures += f" of {plural(int(row['n_judgments']), 'judgment')}, no interval"
    return f"{text}: {figures}; chance would give 50\N{NO-BREAK SPACE}%."
