"""CSV text that is safe to open in a spreadsheet."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence

# A cell that begins with one of these is run as a formula by some spreadsheets; the last four
# are the full-width forms.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_TEXT_FORMULA = re.compile(r'="([^"]*)"')


def escaped(text: str) -> str:
    """Return text that no spreadsheet runs as a formula: with ' before it if it could be one.

    Text that already looks escaped gets another ', so that escaping can be undone.
    """
    return f"'{text}" if _is_formula(text) else text


def _is_formula(text: str) -> bool:
    return text.lstrip("'").startswith(FORMULA_STARTS)


def unescaped(cell: str) -> str:
    """Return the text of a cell written by :func:`escaped`, or of the formula ``="text"``.

    That formula is a common way to keep leading zeros in spreadsheets.
    """
    if cell.startswith("'") and _is_formula(cell):
        return cell[1:]
    formula = _TEXT_FORMULA.fullmatch(cell)
    return formula[1] if formula else cell


def row_writer(buffer: io.StringIO) -> Callable[[Sequence[str | float]], None]:
    """Return a function that writes cells as one line of CSV, ended by LF.

    Python's csv module does not quote a lone CR, at which readers would end the line.
    """
    plain = csv.writer(buffer, lineterminator="\n")
    quoting = csv.writer(buffer, lineterminator="\n", quoting=csv.QUOTE_ALL)

    def write(cells: Sequence[str | float]) -> None:
        returns = any(isinstance(cell, str) and "\r" in cell for cell in cells)
        (quoting if returns else plain).writerow(cells)

    return write


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[str | float]]) -> str:
    """Return a table as CSV; text is escaped, numbers keep their signs and all digits."""
    buffer = io.StringIO(newline="")
    write = row_writer(buffer)
    write(columns)
    for row in rows:
        write([escaped(cell) if isinstance(cell, str) else cell for cell in row])
    return buffer.getvalue()
