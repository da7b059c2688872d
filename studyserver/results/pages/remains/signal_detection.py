"""Hits and false alarms: whether people hear what an explanation claims."""

import pandas as pd

from studyserver.results.tables.summaries import QuestionSummary

from .. import sentences
from ..widgets import FigureTable
from .figures import figures_of


def claims_table(table: pd.DataFrame, by_key: dict[str, QuestionSummary]) -> FigureTable | None:
    """Return hits and false alarms of explanations as claims; None where there are none."""
    if table.empty:
        return None
    lines = []
    for (key, about), part in table.groupby(["question", "about"], sort=False):
        rows = figures_of(part)
        lines.append(
            [
                f"{by_key[key].question.text}",
                str(about),
                *(sentences.agreement_text(rows[name]) for name in ("hit_rate", "false_alarm_rate")),
                *(sentences.estimate_text(rows[name], 2) for name in ("d_prime", "criterion")),
            ]
        )
    columns = ["question", "against", "hits", "false alarms", "d\N{PRIME}", "criterion"]
    return FigureTable("Explanations as claims", columns, lines)
