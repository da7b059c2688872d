"""Reading answers by annotator, track and condition from a CSV file, for the model of the answers."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from explainer.core.base.counting import plural
from explainer.files.csv_lines import TableError
from explainer.files.tables import Table, TableRow, read_table
from studyserver.common.spellings import lookalikes, number
from studyserver.results.statistics.agreement.ratings import RatingsError
from studyserver.results.statistics.answer_model.answers import Answers, Family, answers_of

from .names import lookalikes_problem, name_problem

REQUIRED = ("annotator", "track", "condition", "value")
OPTIONAL = ("question", "model", "position")
_NAMES = ("annotator", "track", "condition", "question", "model")
_MOST_POINTS = 11


@dataclass(frozen=True)
class Scale:
    """What answers can be.

    Attributes
    ----------
    family : Family
    points : tuple of float
        All possible answers of a scale.
    ends : (float, float), optional
        Of a slider.
    """

    family: Family
    points: tuple[float, ...] = ()
    ends: tuple[float, float] | None = None

    @property
    def in_words(self) -> str:
        """What the answers are taken for."""
        if self.family is Family.BINARY:
            return "choices between two (0 and 1)"
        if self.family is Family.ORDINAL:
            return f"a scale with the points {', '.join(f'{point:g}' for point in self.points)}"
        assert self.ends is not None
        return f"positions on a slider from {self.ends[0]:g} to {self.ends[1]:g}"


@dataclass(frozen=True)
class Comparison:
    """Answers read from a file.

    Attributes
    ----------
    table : pd.DataFrame
        One row per judgment: ``question``, ``level`` (the condition, and the model if there are several),
        ``track``, ``rater``, ``value``, ``condition``; ``position`` if the file has it.
    notes : list of str
        What was read, as sentences.
    """

    table: pd.DataFrame
    notes: list[str]

    def scale_of(self, question: str) -> Scale:
        """Return the scale that the answers to a question suggest; see `suggested_scale`."""
        return suggested_scale(self.table.loc[self.table["question"] == question, "value"])

    def answers_to(self, question: str, scale: Scale) -> Answers:
        """Return the answers to one question.

        Raises
        ------
        RatingsError
            If an answer is not possible on the scale.
        """
        part = self.table[self.table["question"] == question]
        outside = _first_outside(part["value"], scale)
        if outside is not None:
            raise RatingsError(f"the value {outside:g} does not fit {scale.in_words}")
        covariates = ["position"] if "position" in part and part["position"].nunique() > 1 else []
        return answers_of(part, scale.family, scale.ends, points=scale.points, covariates=covariates)


def suggested_scale(values: pd.Series) -> Scale:
    """Return what answers look like: choices (0 and 1), a short scale of whole numbers, or a slider."""
    found = sorted(set(values))
    if set(found) <= {0.0, 1.0}:
        return Scale(Family.BINARY)
    low, high = found[0], found[-1]
    if all(value.is_integer() for value in found) and high - low < _MOST_POINTS:
        return Scale(Family.ORDINAL, tuple(range(int(low), int(high) + 1)))
    return Scale(Family.GAUSSIAN, ends=(low, high))


def read_comparison(path: Path) -> Comparison:
    """Read answers from a CSV file with the columns annotator, track, condition and value.

    The columns question, model and position may be there; further ones are ignored. Lines without a value
    are missing answers.

    Raises
    ------
    RatingsError
        If the file cannot be read or a line cannot be used; the message names the line and what to do.
    """
    try:
        table = read_table(path.read_bytes(), (*REQUIRED, *OPTIONAL))
    except OSError as error:
        raise RatingsError(f"{path.name} cannot be read: {error.strerror}") from error
    except TableError as error:
        raise RatingsError(f"{path.name} {error}") from error
    absent = [name for name in REQUIRED if name not in table.columns]
    if absent:
        raise RatingsError(
            f"{path.name} has no column {' and no column '.join(absent)}; it needs the columns "
            f"{', '.join(REQUIRED)} and may have {', '.join(OPTIONAL)}"
        )
    rows = list(_rows(path.name, table))
    if not rows:
        raise RatingsError(f"{path.name}: there are no answers; add rows with values")
    found = pd.DataFrame(rows)
    _refuse_lookalikes(path.name, found)
    several = "model" in found and found["model"].nunique() > 1
    found["level"] = found["condition"] + " · " + found["model"] if several else found["condition"]
    if "position" in found:
        span = found["position"].max() - found["position"].min()
        found["position"] = (found["position"] - found["position"].min()) / (span or 1.0)
    columns = ["question", "level", "track", "rater", "value", "condition", "position"]
    table_of = found.rename(columns={"annotator": "rater"})
    kept = [name for name in columns if name in table_of]
    return Comparison(table_of[kept], _notes(table_of, len(table.rows) - len(rows)))


def _rows(file: str, table: Table) -> Iterator[dict]:
    names = [name for name in _NAMES if name in table.columns]
    has_position = "position" in table.columns
    for row in table.rows:
        if row.problem:
            raise RatingsError(f"{file}, line {row.line}: {row.problem}")
        if not row.values.get("value"):
            continue
        found: dict = {name: _name(file, row, name) for name in names}
        found.setdefault("question", "")
        found["value"] = _number(file, row, "value")
        if has_position:
            found["position"] = _number(file, row, "position")
        yield found


def _name(file: str, row: TableRow, column: str) -> str:
    text = row.values.get(column, "")
    problem = name_problem(column, text)
    if problem:
        raise RatingsError(f"{file}, line {row.line}: {problem}")
    return text


def _number(file: str, row: TableRow, column: str) -> float:
    text = row.values.get(column, "")
    found = number(text)
    if found is None or not math.isfinite(float(found)):
        raise RatingsError(
            f"{file}, line {row.line}: the {column} {text!r} is not a number; write decimals with a point, "
            "and leave the field empty where there is none"
        )
    return float(found)


def _refuse_lookalikes(file: str, table: pd.DataFrame) -> None:
    for column in (name for name in _NAMES if name in table):
        groups = lookalikes(table[column].unique())
        if groups:
            raise RatingsError(f"{file}: {lookalikes_problem(column, groups)}")


def _notes(table: pd.DataFrame, n_empty: int) -> list[str]:
    notes = []
    if n_empty:
        notes.append(f"{plural(n_empty, 'line')} without a value: missing answers.")
    times = Counter(zip(table["question"], table["rater"], table["track"], table["level"], strict=True))
    again = sum(count - 1 for count in times.values())
    if again:
        notes.append(
            f"{plural(again, 'answer')} of an annotator to a track in a condition that the same annotator "
            "has already judged: each counts as a judgment of its own."
        )
    return notes


def _first_outside(values: Sequence[float] | pd.Series, scale: Scale) -> float | None:
    if scale.ends is not None:
        low, high = scale.ends
        return next((value for value in values if not low <= value <= high), None)
    possible = (0.0, 1.0) if scale.family is Family.BINARY else scale.points
    return next((value for value in values if value not in set(possible)), None)
