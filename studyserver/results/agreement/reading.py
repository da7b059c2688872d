"""Judgments from a plain CSV file, with messages that name the line and the remedy."""

import csv
import re
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from .ratings import NUMERIC_LEVELS, Ratings, RatingsError, prepare

REQUIRED = ("item_id", "rater_id", "value")
_SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab"}
_OTHERWISE_WRITTEN = {
    r"[+-]?\d+,\d+": "decimals take a point (1.5, not 1,5), and thousands no mark",
    r"[+-]?\d{1,3}([,.' ]\d{3})+([,.]\d+)?": "thousands take no mark",
    r"[\N{MINUS SIGN}\N{EN DASH}].*\d.*": "a negative one begins with a plain hyphen (-1)",
    r"[+-]?\d+([.,]\d+)?\s*%": "leave the percent sign out",
}
_LOOKS_MISSING = {"na", "nan", "n/a", "#n/a", "null", "none", "."}


def read_ratings(path: Path, level: str, options: Sequence[str] | None = None) -> Ratings:
    """Read judgments from a CSV file with the columns item_id, rater_id and value.

    Further columns are ignored; empty values and blank lines are missing judgments. Fields may be separated
    by commas, semicolons or tabs.

    Parameters
    ----------
    path : Path
    level : str
        ``nominal``, ``ordinal``, ``interval`` or ``ratio``.
    options : sequence of str, optional
        The declared scale, in order.

    Raises
    ------
    RatingsError
        If the file cannot be read or a line cannot be used.
    """
    file = _File(path)
    table = file.table()
    value = table["value"]
    rows = np.flatnonzero((value != "").to_numpy())
    if len(rows) == 0:
        raise RatingsError(f"{path.name}: there are no judgments; add rows with values")
    table, value = table.iloc[rows], value.iloc[rows].reset_index(drop=True)

    def place(judgment: int) -> str:
        return f"line {file.line_of(int(rows[judgment]))}"

    for column in REQUIRED[:2]:
        empty = np.flatnonzero((table[column] == "").to_numpy())
        if len(empty):
            raise RatingsError(
                f"{path.name}, {place(empty[0])}: {column} is empty; fill it in or remove the line"
            )
    declared = set(options or ())
    looks_missing = value.str.lower().isin(_LOOKS_MISSING) & ~value.isin(declared)
    suspicious = np.flatnonzero(looks_missing.to_numpy())
    if len(suspicious):
        raise RatingsError(
            f"{path.name}, {place(suspicious[0])}: the value {value[suspicious[0]]!r} looks like a "
            "missing judgment; leave the field empty, or declare it as an option if it is an answer"
        )
    try:
        scale, values = _scale(value, level, options)
        return prepare(table["item_id"], table["rater_id"], values, level, scale)
    except RatingsError as error:
        where, remedy = "", ""
        if error.row is not None:
            where = f", {place(error.row)}{_earlier(error, table, place)}"
            remedy = _of_number(value[error.row]) if "is not a finite number" in str(error) else ""
        raise RatingsError(f"{path.name}{where}: {error}{remedy}", error.row) from error


def _of_number(value: str) -> str:
    """Return what to do where a number was written in another way than a program reads it."""
    for pattern, remedy in _OTHERWISE_WRITTEN.items():
        if re.fullmatch(pattern, value):
            return f". If it is a number: {remedy}"
    return ""


def _scale(value: pd.Series, level: str, options: Sequence[str] | None) -> tuple[list | None, pd.Series]:
    """Turn text into numbers where the level, or a scale of numbers, says so."""
    numeric = level in NUMERIC_LEVELS
    if options is None:
        return None, _to_numbers(value) if numeric or level == "ordinal" else value
    as_numbers = pd.to_numeric(pd.Series(list(options)), errors="coerce")
    if as_numbers.notna().all():
        return as_numbers.astype(float).tolist(), _to_numbers(value)
    if numeric:
        wrong = list(options)[int(np.flatnonzero(as_numbers.isna())[0])]
        raise RatingsError(
            f"option {wrong!r} is not a number, as the {level} level needs; the nominal level takes words"
        )
    return list(options), value


def _to_numbers(value: pd.Series) -> pd.Series:
    """Return numbers where every value is one, else the text as it stands, for the message."""
    numbers = pd.to_numeric(value, errors="coerce")
    return (
        numbers if np.isfinite(numbers).all() else numbers.astype(object).where(np.isfinite(numbers), value)
    )


def _earlier(error: RatingsError, table: pd.DataFrame, place: Callable[[int], str]) -> str:
    """Name the line of the first judgment where the error is a second one."""
    if "more than once" not in str(error) or error.row is None:
        return ""
    this = table.iloc[error.row]
    same = (table["item_id"] == this["item_id"]) & (table["rater_id"] == this["rater_id"])
    return f" (first in {place(int(np.flatnonzero(same.to_numpy())[0]))})"


class _File:
    """A CSV file of judgments: its separator, its table, and where in it each row stands."""

    def __init__(self, path: Path):
        self.path = path
        header = _header(path)
        columns = {separator: _fields(header, separator) for separator in _SEPARATORS}
        # The separator that names most of the columns wanted, then the one that makes most columns.
        self.separator = max(
            columns,
            key=lambda separator: (len(set(REQUIRED) & set(columns[separator])), len(columns[separator])),
        )
        self.named = columns[self.separator]

    def table(self) -> pd.DataFrame:
        """Return the columns wanted, as text without spaces around it.

        Raises
        ------
        RatingsError
            If the file has no such columns or cannot be divided into fields.
        """
        name = self.path.name
        missing = [column for column in REQUIRED if column not in self.named]
        if missing:
            separated = "; separate columns by commas, semicolons or tabs" if len(self.named) == 1 else ""
            raise RatingsError(
                f"{name}, line 1: column {', '.join(missing)} is missing; the first line must name the "
                f"columns {', '.join(REQUIRED)} (found: {', '.join(self.named)}){separated}"
            )
        repeated = [column for column in REQUIRED if self.named.count(column) > 1]
        if repeated:
            raise RatingsError(f"{name}, line 1: column {', '.join(repeated)} is there twice; remove one")
        table = self._read()
        table.columns = [str(column).strip() for column in table.columns]
        # Lines with too few fields leave their last ones without any text.
        return table[list(REQUIRED)].fillna("").apply(lambda column: column.str.strip())

    def _read(self) -> pd.DataFrame:
        try:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always", pd.errors.ParserWarning)
                table = pd.read_csv(
                    self.path,
                    sep=self.separator,
                    dtype=str,
                    keep_default_na=False,
                    na_filter=False,
                    encoding="utf-8-sig",
                    skip_blank_lines=False,
                    index_col=False,
                )
            if caught:  # the first line of data is longer than the header, and pandas cut what is beyond
                self._refuse_further_fields()
        except UnicodeDecodeError as error:
            raise RatingsError(_not_utf8(self.path)) from error
        except pd.errors.ParserError as error:
            if "Expected" in str(error):
                self._refuse_further_fields()
            raise RatingsError(f"{self.path.name}{self._why_not_divided(str(error))}") from error
        return table

    def _why_not_divided(self, error: str) -> str:
        detail = error.removeprefix("Error tokenizing data. C error: ").strip()
        unclosed = re.search(r"EOF inside string starting at row (\d+)", detail)
        if unclosed:
            line = self.line_of(int(unclosed[1]) - 1)
            return (
                f", line {line}: a quotation mark is opened and never closed; close it, or double it in text"
            )
        return f": {detail}; give every line as many fields as the first"

    def line_of(self, row: int) -> int:
        """Return the line in which a row of the table begins, from 1; text in quotes can hold line breaks."""
        with self.path.open(encoding="utf-8-sig", newline="") as file:
            records = csv.reader(file, delimiter=self.separator)
            next(records)
            for _before in range(row):
                next(records, None)
            return records.line_num + 1

    def _refuse_further_fields(self) -> None:
        """Refuse a line with something in a field that has no column, as a decimal comma makes."""
        with self.path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file, delimiter=self.separator)
            columns = len(next(lines))
            for fields in lines:
                if any(field.strip() for field in fields[columns:]):
                    raise RatingsError(
                        f"{self.path.name}, line {lines.line_num}: {len(fields)} fields for {columns} "
                        "columns; give every line as many fields as the first, and put quotes around text "
                        f"with a {_SEPARATORS[self.separator]} in it"
                    )


def _fields(header: str, separator: str) -> list[str]:
    return [name.strip() for name in next(csv.reader([header], delimiter=separator))]


def _header(path: Path) -> str:
    try:
        with path.open("rb") as file:
            start = file.read(4096)
    except FileNotFoundError as error:
        raise RatingsError(f"{path}: there is no such file; check the path") from error
    except OSError as error:
        raise RatingsError(
            f"{path}: cannot be read ({error.strerror}); check that it is a file you may read"
        ) from error
    if not start.strip(b"\xef\xbb\xbf \t\r\n"):
        raise RatingsError(f"{path.name}: the file is empty; it needs the columns {', '.join(REQUIRED)}")
    if start.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in start:
        raise RatingsError(_not_utf8(path, "UTF-16 or binary"))
    return start.splitlines()[0].decode("utf-8-sig", errors="replace")


def _not_utf8(path: Path, looks: str = "") -> str:
    where = looks
    if not where:
        for number, line in enumerate(path.read_bytes().split(b"\n"), start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                where = f"see line {number}"
                break
    return f"{path.name}: the text is not UTF-8 ({where}); save the file as CSV UTF-8"
