"""CSV as spreadsheets and survey tools write it, read line by line or refused in words; without Django.

Every reader of a table that people bring is made of these.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab"}
# Excel writes "sep=;" above a table; a program that saves the table again may quote it and fill up the line.
_DECLARATION = re.compile(r'"?sep=(\\t|[^\w\s"]|\t)"?[,;\t ]*(?:\r\n|\r|\n|\Z)', re.IGNORECASE)
_BINARY = (b"\xff\xfe", b"\xfe\xff", b"PK\x03\x04")


class TableError(ValueError):
    """A table that cannot be read; the message says why and what to do.

    Attributes
    ----------
    line : int or None
        Number of the offending line, from 1.
    """

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


def decoded(content: bytes) -> str:
    """Return the text of a UTF-8 file, without a byte order mark.

    Raises
    ------
    TableError
        If it is in another encoding.
    """
    if content.startswith(_BINARY) or b"\x00" in content:
        raise TableError("the text is not UTF-8 (UTF-16 or binary); save the file as CSV UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = line_of(error)
        raise TableError(f"the text is not UTF-8 (see line {line}); save the file as CSV UTF-8") from error


def line_of(error: UnicodeDecodeError) -> int:
    """Return the number of the line that could not be decoded, from 1."""
    return len(re.findall(rb"\r\n|\r|\n", error.object[: error.start])) + 1


def declared_separator(text: str) -> tuple[str | None, str]:
    """Return the separator that a first line ``sep=;`` declares, if there is one, and the text below it."""
    found = _DECLARATION.match(text)
    if not found:
        return None, text
    return "\t" if found[1] == "\\t" else found[1], text[found.end() :]


def records(
    text: str, separator: str, *, lines_before: int = 0, skip_blanks: bool = False
) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines of a table as cells, each with the number of the line in which it begins.

    Lines end in CR, LF or both; text in quotes can hold line ends.

    Parameters
    ----------
    lines_before : int
        How many lines of the file precede the text.
    skip_blanks : bool
        Whether blanks may stand between a separator and a quotation mark.

    Raises
    ------
    TableError
        If a quotation mark is not closed or text follows a closed one.
    """
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=separator, strict=True, skipinitialspace=skip_blanks)
    while True:
        line = lines_before + reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise TableError(_undivided(str(error)), line) from error
        yield line, cells


def _undivided(error: str) -> str:
    if "expected after" in error:
        return "text follows a closing quotation mark; double quotation marks that belong to a text"
    return "a quotation mark is opened and never closed; close it, or double it in text"


def one_line(text: str, separator: str = ",") -> list[str]:
    """Return the cells of one line of CSV, without blanks around them.

    Raises
    ------
    TableError
        If it is not one line of CSV.
    """
    try:
        lines = list(csv.reader([text], delimiter=separator, skipinitialspace=True, strict=True))
    except csv.Error as error:
        raise TableError(_undivided(str(error))) from error
    return [cell.strip() for cell in lines[0]] if lines else []


def as_line(cells: Sequence[str]) -> str:
    """Return cells as one line of CSV."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="").writerow(cells)
    return buffer.getvalue()
