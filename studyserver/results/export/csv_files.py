"""CSV files that are safe to open in a spreadsheet and identical every time."""

import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from explainer.files.spreadsheets import escaped, row_writer
from studyserver.common.number_text import all_digits

from .codebook import Table

_ROWS_AT_A_TIME = 1000


def csv_chunks(table: Table, rows: Iterable[Mapping[str, object]]) -> Iterator[bytes]:
    """Yield a table as CSV in UTF-8, a thousand rows at a time; missing values are empty fields."""
    buffer = io.StringIO(newline="")
    write_row = row_writer(buffer)
    write_row(table.columns)
    columns = [(variable.name, _WRITERS[variable.type]) for variable in table.variables]
    for number, row in enumerate(rows, start=1):
        write_row([_cell(write, row.get(name)) for name, write in columns])
        if number % _ROWS_AT_A_TIME == 0:
            yield _encoded(buffer)
            buffer.seek(0)
            buffer.truncate()
    yield _encoded(buffer)


def _encoded(buffer: io.StringIO) -> bytes:
    return buffer.getvalue().encode(errors="replace")  # half of a surrogate pair cannot be encoded


def _cell(write: Callable[[Any], str], value: object) -> str:
    """Return the text of a cell: only text is escaped, numbers are never changed."""
    return "" if value is None or value == "" else write(value)


def _number(value: float) -> str:
    return "" if value != value else all_digits(value)


def _text(value: object) -> str:
    return _number(value) if isinstance(value, int | float) else escaped(str(value))


def identifier(text: str) -> str:
    """Return a name with characters replaced that identifiers must not contain."""
    cleaned = re.sub(r"[^A-Za-z0-9_.:-]", "_", text)
    return cleaned if not cleaned or cleaned[0].isalnum() else f"x{cleaned}"


def timestamp(moment: datetime) -> str:
    """Return a time in UTC with microseconds, by ISO 8601."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


_WRITERS: dict[str, Callable[[Any], str]] = {
    "identifier": lru_cache(maxsize=10_000)(identifier),
    "text": _text,
    "integer": _number,
    "number": _number,
    "boolean": lambda value: "1" if value else "0",
    "datetime": timestamp,
}
