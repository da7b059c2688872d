"""Strict reader of tables written by people or saved from a spreadsheet.

Spreadsheet programs write different formats depending on locale and menu: cells separated by commas,
semicolons or tabs, in UTF-8 or UTF-16, with or without a byte order mark. A table is read correctly and
completely or refused.
"""

import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from .csv_lines import SEPARATORS, TableError, declared_separator, line_of, records


@dataclass(frozen=True)
class TableRow:
    """One row.

    Attributes
    ----------
    line : int
        Line in which it begins, counted from 1.
    values : dict
        Column -> text, without surrounding spaces.
    problem : str
        Why its cells cannot be assigned to columns, and what to do; empty if they can.
    """

    line: int
    values: dict[str, str]
    problem: str = ""


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes
    ----------
    columns : list of str
        In lower case, with ``_`` for spaces.
    rows : list of TableRow
        Without empty rows.
    """

    columns: list[str]
    rows: list[TableRow]


def read_table(content: bytes, known: Collection[str]) -> Table:
    """Read a table whose first line names the columns.

    Parameters
    ----------
    content : bytes
        UTF-8 or UTF-16; cells separated by commas, semicolons or tabs.
    known : collection of str
        Names of columns, used to recognise the separator.

    Raises
    ------
    TableError
        If it is in another encoding, has unbalanced quotation marks, or names one of these columns twice.
        The message is a predicate: it follows the table's name.
    """
    declared, text = declared_separator(_decoded(content))
    separator = declared or max(SEPARATORS, key=lambda each: _number_known(text, each, known))
    try:
        lines = list(_lines(text, separator, lines_before=0 if declared is None else 1))
    except TableError as error:
        raise TableError(f"cannot be read as a table: in line {error.line} {error}") from error
    columns = _columns(lines[0][1]) if lines else []
    twice = next((column for column in known if columns.count(column) > 1), None)
    if twice:
        raise TableError(f"has two columns “{twice}”; delete or rename one of them")
    return Table(columns, [_row(line, cells, columns, separator) for line, cells in lines[1:]])


def _decoded(content: bytes) -> str:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    elif content[1:2] == b"\0":
        encoding = "utf-16-le"
    elif content[:1] == b"\0":
        encoding = "utf-16-be"
    else:
        encoding = "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise TableError(f"is not in UTF-8 (line {line_of(error)}); save it again as “CSV UTF-8”") from error


def _number_known(text: str, separator: str, known: Collection[str]) -> int:
    try:
        _, cells = next(_lines(text, separator))
    except (TableError, StopIteration):
        return 0
    return len(set(_columns(cells)) & set(known))


def _lines(text: str, separator: str, lines_before: int = 0) -> Iterator[tuple[int, list[str]]]:
    """Yield first line and cells of each row that is not empty."""
    for line, row in records(text, separator, lines_before=lines_before, skip_blanks=True):
        cells = [unicodedata.normalize("NFC", cell.strip()) for cell in row]
        if any(cells):
            yield line, cells


def _columns(cells: list[str]) -> list[str]:
    return ["_".join(cell.lower().split()) for cell in cells]


def _row(line: int, cells: list[str], columns: list[str], separator: str) -> TableRow:
    values = dict(zip(columns, cells, strict=False))
    problem = ""
    if any(cells[len(columns) :]):
        problem = (
            f"it has {len(cells)} cells for {len(columns)} columns; put text that contains a "
            f"{SEPARATORS.get(separator, separator)} into double quotes"
        )
    elif any(cell and not column for column, cell in zip(columns, cells, strict=False)):
        problem = "it has a value in a column without a name; name the column in the first line"
    return TableRow(line, values, problem)
