"""The model of the answers of a file: its figures, and how they are printed."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from explainer.core.base.counting import plural
from studyserver.results.statistics.agreement.ratings import RatingsError
from studyserver.results.statistics.answer_model.fit import Effort, Fit, fit_answers
from studyserver.results.statistics.answer_model.tables import figure_table, why_no_fit

from .comparison import Comparison, Scale

_HEADINGS = {
    "mean": "Means of the answers",
    "difference": "Differences of means",
    "retention": "Retention: correlation over tracks with {reference}",
    "kept_share": "Share of the differences between tracks in {reference} that is left",
    "retention_difference": "Differences in retention",
    "slope": "Effects on the answers",
    "variance": "Variances",
    "share": "Shares of the variance",
    "reliability": "Reliability of the mean of k annotators, who all judge the same clips",
    "dependability": "Reliability of the mean of k annotators, others for each clip",
}


@dataclass(frozen=True)
class Compared:
    """The figures of one question.

    Attributes
    ----------
    question : str
        Empty if the file has only one.
    scale : Scale
    reference : str
    table : pd.DataFrame
        As `answer_model.tables.figure_table` returns it.
    counts : str
        Annotators, tracks and answers in words.
    notes : list of str
        What to know about the figures, as sentences.
    """

    question: str
    scale: Scale
    reference: str
    table: pd.DataFrame
    counts: str
    notes: list[str]


@dataclass(frozen=True)
class Drawing:
    """How draws are made and told.

    Attributes
    ----------
    seed : int
    effort : Effort
    confidence : float
        Of the intervals.
    """

    seed: int
    effort: Effort
    confidence: float


def compared(read: Comparison, scale: Scale | None, reference: str, drawing: Drawing) -> Iterator[Compared]:
    """Yield the figures of each question of a file.

    Parameters
    ----------
    read : Comparison
    scale : Scale, optional
        Of all questions; by default what the answers suggest.
    reference : str
        The condition that retention refers to.
    drawing : Drawing

    Raises
    ------
    RatingsError
        If answers do not fit the scale, or are too few.
    """
    for question in sorted(set(read.table["question"])):
        used = scale or read.scale_of(question)
        about = f"question {question}: " if question else ""
        answers = read.answers_to(question, used)
        why = why_no_fit(answers)
        if why is not None:
            raise RatingsError(about + why.worded("track", "annotator"))
        fit = fit_answers(answers, seed=drawing.seed, effort=drawing.effort)
        table = figure_table(fit, reference=reference, confidence=drawing.confidence)
        counts = (
            f"{plural(len(answers.values), 'answer')} of {plural(answers.raters, 'annotator')} "
            f"to {plural(answers.tracks, 'track')}"
        )
        notes = list(_notes(fit, scale, used, reference, about))
        yield Compared(question, used, reference, table, counts, notes)


def _notes(fit: Fit, scale: Scale | None, used: Scale, reference: str, about: str) -> Iterator[str]:
    if scale is None:
        yield (
            f"{about}the answers are taken for {used.in_words}; declare something else with --points or "
            "--slider."
        )
    if reference not in fit.answers.levels:
        yield f"{about}no retention, because no condition is called {reference!r}; name one with --reference."
    if not fit.has_converged:
        yield (
            f"{about}the chains of the model do not agree well (R-hat {fit.largest_r_hat:.2f}), so the "
            "intervals are rough; more answers help most."
        )


def as_csv(parts: list[Compared]) -> str:
    """Return CSV; numbers with all digits, missing figures as empty fields."""
    table = pd.concat([part.table.assign(question=part.question) for part in parts], ignore_index=True)
    named = table.rename(columns={"level": "condition", "n_raters": "n_annotators"})
    named["reason"] = [_worded(reason) for reason in table["reason"]]
    columns = ["question", *(name for name in named.columns if name != "question")]
    return named[columns].to_csv(index=False, lineterminator="\n")


def as_text(part: Compared) -> str:
    """Return the figures for the terminal, in sections, with three decimals."""
    title = f"{part.question}: {part.counts}" if part.question else part.counts
    lines = [title, f"taken for {part.scale.in_words}", ""]
    kind = part.table["statistic"].str.replace(r"^(slope|variance|share)_.*", r"\1", regex=True)
    kind = kind.str.replace(r"_of_\d+$", "", regex=True)
    for name, rows in part.table.groupby(kind, sort=False):
        lines.append(_HEADINGS[str(name)].format(reference=part.reference))
        lines += _aligned([_cells(row) for row in rows.to_dict("records")])
        lines.append("")
    return "\n".join(lines)


def _cells(row: dict) -> list[str]:
    name = " \N{MINUS SIGN} ".join(str(row[key]) for key in ("level", "other") if not pd.isna(row[key]))
    if row["statistic"] in ("retention", "kept_share"):
        name = str(row["level"])
    if not name:
        what = str(row["statistic"]).partition("_")[2]
        name = what.removeprefix("of_").replace("_", " ").replace("raters", "annotators")
    if row["status"] == "undefined":
        return [name, "", f"undefined: {_worded(row['reason'])}"]
    interval = f"[{row['ci_low']:.3f}, {row['ci_high']:.3f}]"
    test = "" if pd.isna(row["p"]) else f"p {row['p']:.3f}"
    return [name, f"{row['estimate']:.3f}", interval, test]


def _aligned(rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[place]) for row in rows if len(row) > place) for place in range(4) if rows]
    return [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip()
        for row in rows
    ]


def _worded(reason: object) -> str:
    worded = getattr(reason, "worded", None)
    return worded("track", "annotator") if worded else ""
