"""Reading judgments from a CSV file, with messages that name the line and what to do."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from explainer.files.csv_lines import as_line
from studyserver.common.damage import is_error_value, looks_missing
from studyserver.common.spellings import folded, lookalikes, number, quoted
from studyserver.results.statistics.agreement.ratings import NUMERIC_LEVELS, Ratings, RatingsError, prepare

from .judgment_table import Column, JudgmentTable, read_table
from .names import lookalikes_problem, name_problem, pairs

_MOST_NAMED = 10
_OTHERWISE_WRITTEN = {
    r"[+-]?\d+,\d+": "decimals take a point (1.5, not 1,5), and thousands no mark",
    r"[+-]?\d{1,3}([,.'\u2019 \u00a0\u2009\u202f]\d{3})+([,.]\d+)?": "thousands take no mark",
    r"[\N{MINUS SIGN}\N{EN DASH}].*\d.*": "a negative one begins with a plain hyphen (-1)",
    r"[+-]?\d+([.,]\d+)?\s*%": "leave the percent sign out",
    r"'[+-]?\d+([.,]\d+)?": "leave the apostrophe out",
}


@dataclass(frozen=True)
class Reading:
    """Judgments read from a file, and how cells were interpreted.

    Attributes
    ----------
    ratings : Ratings
    n_empty : int
        Lines without a value.
    declared_missing : dict of str to int
        Number of values removed by each declared mark of a missing judgment.
    spellings : dict of str to dict of str to list of str
        For each column, the names that are written in several ways: the name kept, and the others.
    """

    ratings: Ratings
    n_empty: int
    declared_missing: dict[str, int]
    spellings: dict[str, dict[str, list[str]]]


def read_ratings(
    path: Path, level: str, options: Sequence[str] | None = None, missing: Sequence[str] = ()
) -> Reading:
    """Read judgments from a CSV file with the columns item_id, rater_id and value.

    Further columns are ignored; empty values and blank lines are missing judgments. Fields may be separated
    by commas, semicolons or tabs. Equal numbers are one value, whatever their notation.

    Parameters
    ----------
    path : Path
    level : str
        ``nominal``, ``ordinal``, ``interval`` or ``ratio``.
    options : sequence of str, optional
        The declared scale, in order.
    missing : sequence of str
        Values that mean a missing judgment.

    Raises
    ------
    RatingsError
        If the file cannot be read or a line cannot be used.
    """
    table, taken_out = _without_declared_missing(read_table(path), missing)
    if len(table.lines) == 0:
        raise RatingsError(f"{path.name}: there are no judgments; add rows with values")
    ids: list[pd.Series] = []
    spellings: dict[str, dict[str, list[str]]] = {}
    try:
        for name, column in (("item_id", table.item), ("rater_id", table.rater)):
            _check_ids(name, column)
            as_known, spellings[name] = _unified(column, _whole)
            _refuse_lookalike_ids(name, as_known)
            ids.append(as_known.to_series())
        _refuse_missing_marks(table.value, set(options or ()), [*missing])
        scale, values, spellings["value"] = _on_scale(table.value, level, options)
        ratings = prepare(ids[0], ids[1], values, level, scale)
    except RatingsError as error:
        where = "" if error.row is None else f", line {table.lines[error.row]}{_earlier(error, table, ids)}"
        raise RatingsError(f"{path.name}{where}: {error}", error.row) from error
    return Reading(ratings, table.n_empty, taken_out, spellings)


def _without_declared_missing(
    table: JudgmentTable, missing: Sequence[str]
) -> tuple[JudgmentTable, dict[str, int]]:
    """Remove the values that are declared missing; all notations of a number are recognised."""
    declared = {_known_as(mark): mark for mark in missing}
    taken_out = dict.fromkeys(missing, 0)
    lost = np.array([_known_as(text) in declared for text in table.value.texts], dtype=bool)
    for text in np.array(table.value.texts, dtype=object)[lost]:
        taken_out[declared[_known_as(text)]] += table.value.count(text)
    return table.select(~lost[table.value.codes]), taken_out


def _known_as(text: str) -> object:
    value = number(text)
    return text if value is None else value


# Identifiers --------------------------------------------------------------------------------------


def _check_ids(name: str, column: Column) -> None:
    for text in column.texts:
        problem = name_problem(name, text)
        if problem:
            raise RatingsError(problem, column.first(text))


def _whole(text: str) -> str:
    """Return integers without the .0 that programs add, any other text unchanged."""
    return re.sub(r"\.0*", "", text) if re.fullmatch(r"[+-]?[0-9]+\.0*", text) else text


def _refuse_lookalike_ids(name: str, column: Column) -> None:
    groups = lookalikes(column.texts)
    if groups:
        raise RatingsError(lookalikes_problem(name, groups), column.first(groups[0][1]))


def _earlier(error: RatingsError, table: JudgmentTable, ids: Sequence[pd.Series]) -> str:
    """Return the line of the first judgment if the error is a duplicate."""
    if "more than once" not in str(error) or error.row is None:
        return ""
    same = np.logical_and(*(column == column[error.row] for column in ids))
    return f" (first in line {table.lines[int(np.flatnonzero(same)[0])]})"


# Values -------------------------------------------------------------------------------------------


def _refuse_missing_marks(column: Column, options: set[str], missing: list[str]) -> None:
    """Refuse values that look like missing judgments and are neither options nor declared missing."""
    marks = [text for text in column.texts if text not in options and looks_missing(text)]
    if not marks:
        return
    several = len(marks) > 1
    damaged = " (error values of a spreadsheet)" if all(map(is_error_value, marks)) else ""
    more = f" and {len(marks) - _MOST_NAMED} more" if len(marks) > _MOST_NAMED else ""
    raise RatingsError(
        f"the value{'s' if several else ''} {', '.join(map(repr, marks[:_MOST_NAMED]))}{more}{damaged} "
        f"look{'' if several else 's'} like {'missing judgments' if several else 'a missing judgment'}; "
        f"leave the field empty, or declare with --missing {_shell(as_line([*missing, *marks]))} what stands "
        "for a missing judgment, or declare it as an option if it is an answer (--options names all answers)",
        column.first(marks[0]),
    )


def _shell(text: str) -> str:
    """Return a text as one word of a command line."""
    return "'" + text.replace("'", "'\\''") + "'"


def _on_scale(
    column: Column, level: str, options: Sequence[str] | None
) -> tuple[list | None, pd.Series, dict[str, list[str]]]:
    """Return the scale, each judgment's value on it, and the values with several notations."""
    if level in NUMERIC_LEVELS:
        scale = None if options is None else [_option_number(option, level) for option in options]
        return scale, _to_numbers(column, level), {}
    if options is not None:
        return list(options), *_as_options(column, options)
    if level == "ordinal":
        return None, _to_numbers(column, level), {}
    unified, spellings = _unified(column, _known_as)
    groups = lookalikes(unified.texts, truth=True)
    if groups:
        raise RatingsError(
            f"these values may be one: {pairs(groups)}. Write each in one way, or declare all answers "
            "with --options if they are different ones",
            unified.first(groups[0][1]),
        )
    return None, unified.to_series(), spellings


def _unified(column: Column, key: Callable[[str], object]) -> tuple[Column, dict[str, list[str]]]:
    """Replace texts with the same key by the shortest of them; return those with several notations."""
    written: dict[object, list[str]] = {}
    for text in column.texts:
        written.setdefault(key(text), []).append(text)
    shortest = {same: min(texts, key=len) for same, texts in written.items()}
    spellings = {
        shortest[same]: [text for text in texts if text != shortest[same]]
        for same, texts in written.items()
        if len(texts) > 1
    }
    return column.renamed(lambda text: shortest[key(text)]), spellings


def _option_number(option: str, level: str) -> float:
    value = number(option)
    if value is None:
        raise RatingsError(
            f"option {option!r} is not a number, as the {level} level needs; the nominal level takes words"
        )
    return float(value)


def _as_options(column: Column, options: Sequence[str]) -> tuple[pd.Series, dict[str, list[str]]]:
    """Replace each value by the option with the same text or number."""
    known: dict[object, str] = {}
    for option in options:
        if _known_as(option) in known:
            raise RatingsError(
                f"an option is declared twice ({known[_known_as(option)]} and {option}); "
                "name each option once"
            )
        known[_known_as(option)] = option
    spellings: dict[str, list[str]] = {}
    for text in column.texts:
        option = known.get(_known_as(text), text)
        if text != option:
            spellings.setdefault(option, []).append(text)
    renamed = column.renamed(lambda text: known.get(_known_as(text), text))
    for text in renamed.texts:
        alike = [option for option in options if option != text and folded(option) == folded(text)]
        if text not in options and alike:
            raise RatingsError(
                f"value {quoted(text, alike)} is not one of the declared options, but differs from "
                f"{quoted(alike[0], [text])} only in case, blanks or Unicode form; correct it or declare it",
                renamed.first(text),
            )
    return renamed.to_series(), spellings


def _to_numbers(column: Column, level: str) -> pd.Series:
    """Return numbers.

    Raises
    ------
    RatingsError
        If a text is not a finite number.
    """
    values = np.empty(len(column.texts))
    for place, text in enumerate(column.texts):
        value = number(text)
        values[place] = np.nan if value is None else float(value)
        if not np.isfinite(values[place]):
            remedy = (
                "declare the order of its options" if level == "ordinal" else "the nominal level takes words"
            )
            raise RatingsError(
                f"value {text!r} is not a finite number, as the {level} level needs; {remedy}"
                f"{_of_number(text)}",
                column.first(text),
            )
    return pd.Series(values[column.codes])


def _of_number(value: str) -> str:
    """Return what to do if a number has a notation that programs do not read."""
    for pattern, remedy in _OTHERWISE_WRITTEN.items():
        if re.fullmatch(pattern, value):
            return f". If it is a number: {remedy}"
    return ""
