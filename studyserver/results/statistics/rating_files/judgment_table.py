"""Lines of a CSV file of judgments, with their line numbers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from explainer.files.csv_lines import SEPARATORS, TableError, declared_separator, decoded, records
from studyserver.common.spellings import trimmed
from studyserver.results.statistics.agreement.ratings import RatingsError

REQUIRED = ("item_id", "rater_id", "value")


@dataclass(frozen=True)
class Column:
    """A column of text: the different texts, and the index of each line's text.

    Attributes
    ----------
    texts : tuple of str
        In order of first appearance, without surrounding blanks.
    codes : np.ndarray [shape=(n,), dtype=int64]
        Index into `texts`.
    """

    texts: tuple[str, ...]
    codes: np.ndarray

    def first(self, text: str) -> int:
        """Return the position of the first line with a text."""
        return int(np.flatnonzero(self.codes == self.texts.index(text))[0])

    def count(self, text: str) -> int:
        """Return how many lines have a text."""
        return int(np.count_nonzero(self.codes == self.texts.index(text)))

    def select(self, keep: np.ndarray) -> "Column":
        """Return the column of some lines, with the texts that occur in them."""
        return self._coded(self.codes[keep], self.texts)

    def renamed(self, rename: Callable[[str], str]) -> "Column":
        """Return the column with other texts; texts that become equal become one."""
        return self._coded(self.codes, tuple(rename(text) for text in self.texts))

    def to_series(self) -> pd.Series:
        """Return the text of each line."""
        return pd.Series(np.array(self.texts, dtype=object)[self.codes], dtype=object)

    @classmethod
    def of(cls, cells: list[str]) -> "Column":
        """Return the column with these cells."""
        codes, texts = pd.factorize(np.array(cells, dtype=object))
        return cls._coded(codes, tuple(trimmed(text) for text in texts))

    @classmethod
    def _coded(cls, codes: np.ndarray, texts: tuple[str, ...]) -> "Column":
        order, used = pd.factorize(codes)
        place: dict[str, int] = {}
        new = np.array([place.setdefault(texts[code], len(place)) for code in used], dtype=np.int64)
        return cls(tuple(place), new[order])


@dataclass(frozen=True)
class JudgmentTable:
    """Lines of judgments, without those that have no value.

    Attributes
    ----------
    item, rater, value : Column
    lines : np.ndarray [shape=(n,), dtype=int64]
        Number of the line in which each judgment begins, from 1.
    n_empty : int
        Number of lines with an item and a rater but no value.
    """

    item: Column
    rater: Column
    value: Column
    lines: np.ndarray
    n_empty: int

    def select(self, keep: np.ndarray) -> "JudgmentTable":
        """Return the lines marked in a Boolean array."""
        item, rater, value = (column.select(keep) for column in (self.item, self.rater, self.value))
        return JudgmentTable(item, rater, value, self.lines[keep], self.n_empty)


def read_table(path: Path) -> JudgmentTable:
    """Read the columns item_id, rater_id and value; further columns are ignored.

    Raises
    ------
    RatingsError
        If the file cannot be read, has no such columns, or a line has a field without a column.
    """
    content = _content(path)
    try:
        declared, text = declared_separator(decoded(content))
        before = 0 if declared is None else 1
        separator = declared or _separator(text)
        rows = records(text, separator, lines_before=before)
        names, places = _header(rows)
        table = _table(rows, names, places, separator, is_cut=not text.endswith(("\n", "\r")))
    except TableError as error:
        where = "" if error.line is None else f", line {error.line}"
        raise RatingsError(f"{path.name}{where}: {error}") from error
    filled, named = (
        np.array([text != "" for text in column.texts], dtype=bool)[column.codes]
        for column in (table.value, table.item)
    )
    return replace(table.select(filled), n_empty=int(np.count_nonzero(named & ~filled)))


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise RatingsError(f"{path}: file not found; check the path") from error
    except OSError as error:
        raise RatingsError(
            f"{path}: cannot be read ({error.strerror}); check that it is a file you may read"
        ) from error
    if not content.strip(b"\xef\xbb\xbf \t\r\n"):
        raise RatingsError(f"{path.name}: the file is empty; it needs the columns {', '.join(REQUIRED)}")
    return content


def _separator(text: str) -> str:
    """Return the separator that gives most of the required columns, then most columns."""

    def columns(separator: str) -> tuple[int, int]:
        try:
            names = [trimmed(cell) for cell in _first(records(text, separator))[1]]
        except TableError:
            return 0, 0
        return len(set(REQUIRED) & set(names)), len(names)

    return max(SEPARATORS, key=columns)


def _first(rows: Iterator[tuple[int, list[str]]]) -> tuple[int, list[str]]:
    """Return the first line that is not blank."""
    return next(((line, cells) for line, cells in rows if any(map(trimmed, cells))), (1, []))


def _header(rows: Iterator[tuple[int, list[str]]]) -> tuple[list[str], list[int]]:
    """Return the names of all columns, and the positions of the required ones."""
    line, cells = _first(rows)
    names = [trimmed(cell) for cell in cells]
    missing = [column for column in REQUIRED if column not in names]
    if missing:
        separated = "; separate columns by commas, semicolons or tabs" if len(names) == 1 else ""
        raise TableError(
            f"column {', '.join(missing)} is missing; the first line must name the columns "
            f"{', '.join(REQUIRED)}, and each further line holds one judgment "
            f"(found: {', '.join(names)}){separated}",
            line,
        )
    repeated = [column for column in REQUIRED if names.count(column) > 1]
    if repeated:
        raise TableError(f"column {', '.join(repeated)} is there twice; remove one", line)
    return names, [names.index(column) for column in REQUIRED]


def _table(
    rows: Iterator[tuple[int, list[str]]],
    names: list[str],
    places: list[int],
    separator: str,
    *,
    is_cut: bool,
) -> JudgmentTable:
    columns: tuple[list[str], ...] = ([], [], [])
    lines: list[int] = []
    n_columns, short = len(names), 0
    for line, cells in rows:
        if any(map(trimmed, cells[n_columns:])):
            raise TableError(
                f"{len(cells)} fields for {n_columns} columns; give every line as many fields as the first, "
                f"and put quotes around text with a {SEPARATORS.get(separator, separator)} in it",
                line,
            )
        short = n_columns - len(cells) if any(map(trimmed, cells)) else 0
        cells += [""] * (n_columns - len(cells))  # spreadsheets omit empty cells at the end
        for column, place in zip(columns, places, strict=True):
            column.append(cells[place])
        lines.append(line)
    if is_cut and short > 0:
        raise TableError(
            "the file ends within this line, so that judgments may be lost; save the file again, or "
            "complete the line",
            lines[-1],
        )
    item, rater, value = map(Column.of, columns)
    return JudgmentTable(item, rater, value, np.array(lines, dtype=np.int64), 0)
