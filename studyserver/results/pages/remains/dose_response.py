"""How hearing a feature rises with the number of segments of evidence."""

from collections.abc import Mapping

import pandas as pd

from explainer.core.base.counting import plural
from explainer.core.clips.conditions import EVIDENCE
from studyserver.results.tables.summaries import QuestionSummary

from .. import sentences
from ..widgets import FigureTable, Remaining, interval_plot
from .figures import asked_about, figures_of


def dose_part(item: QuestionSummary, table: pd.DataFrame) -> Remaining:
    """Return how hearing one question's target rises with the evidence."""
    strips, lines = [], []
    for method, part in table.fillna({"about": ""}).groupby("about", sort=False):
        rows = figures_of(part)
        for name, row in rows.items():
            if name.startswith("heard_at_"):
                held = plural(int(name.removeprefix("heard_at_")), "segment")
                label = held + (f", {method}" if method else "")
                strips.append((label, EVIDENCE, row))
        lines.append(
            [
                str(method) or "all",
                *(sentences.estimate_text(rows[name], 2) for name in ("slope", "threshold")),
            ]
        )
    plot = interval_plot(
        f"Share of judgments that hear {asked_about(item)}", strips, (0.0, 1.0), (0, 0.25, 0.5, 0.75, 1)
    )
    columns = ["method", "slope (log-odds per doubling)", "segments until half of the judgments hear it"]
    headline = " ".join(
        _dose_sentence(asked_about(item), method, figures_of(part)["threshold"], several=len(lines) > 1)
        for method, part in table.fillna({"about": ""}).groupby("about", sort=False)
    )
    return Remaining(
        item.question.key,
        item.question.text,
        headline,
        plot,
        FigureTable("Dose and response", columns, lines),
    )


def _dose_sentence(what: str, method: str, threshold: Mapping, *, several: bool) -> str:
    """Return how many segments it takes until half of the judgments hear a feature."""
    by = f" ({method})" if several and method else ""
    if threshold["status"] != "ok":
        reason = threshold["reason"]
        return f"How much evidence{by} it takes until {what} is heard cannot be said: {reason}."
    figure = sentences.estimate_text(threshold, 1)
    return f"Half of the judgments hear {what} in the evidence{by} from {figure} segments on."
