"""Contrasts of conditions, and of methods against each other."""

from studyserver.common import number_text
from studyserver.results.tables.contrasts import Side
from studyserver.results.tables.remains import WhatRemains
from studyserver.results.tables.summaries import QuestionSummary

from .. import sentences
from ..widgets import DASH, FigureTable


def contrasts_table(remains: WhatRemains, by_key: dict[str, QuestionSummary]) -> FigureTable | None:
    """Return the contrasts of conditions and methods; None where there are none."""
    table = remains.contrasts
    if table.empty:
        return None
    lines = []
    for row in table.fillna({"first_method": "", "second_method": ""}).to_dict("records"):
        sides = [Side(row[name], row[f"{name}_method"]).label for name in ("first", "second")]
        places = number_text.decimals(by_key[row["question"]].ends) + 1  # so that an end near 0 has a side
        lines.append(
            [
                by_key[row["question"]].question.text,
                " less ".join(sides),
                "named" if row["primary"] else "methods",
                sentences.estimate_text(row, places),
                number_text.probability(row["p"]),
                number_text.probability(row["p_holm"]),
                _figure(row["d_z"]),
                _figure(row["cliffs_delta"]),
                "" if row["n_tracks"] != row["n_tracks"] else f"{row['n_tracks']:.0f}",
            ]
        )
    columns = [
        "question",
        "contrast",
        "family",
        "difference [95\N{NO-BREAK SPACE}%]",
        "p (t test)",
        "p (t test) after Holm",
        "d_z",
        "Cliff's δ",
        "tracks",
    ]
    return FigureTable("Contrasts, differences in units of each question's scale", columns, lines)


def contrasts_note(are_declared: bool) -> str:
    """Return in words which contrasts these are and how they are corrected."""
    if are_declared:
        return (
            "The named contrasts were declared with the study; Holm's correction runs over them all. Methods "
            "against each other are corrected by themselves."
        )
    return (
        "No contrast was named with the study: evidence is compared with its random control, for each "
        "question about a target. Holm's correction runs over these; methods against each other are "
        "corrected by themselves."
    )


def _figure(value: float | None) -> str:
    return DASH if value is None or value != value else number_text.number(value, 2)
