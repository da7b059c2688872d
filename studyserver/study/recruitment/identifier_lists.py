"""Lists of participants' identifiers: read completely or refused with a message."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from explainer.core.base.counting import listed
from explainer.files.csv_lines import SEPARATORS, TableError, declared_separator, records
from explainer.files.spreadsheets import unescaped
from studyserver.common.damage import is_error_value, is_rounded, looks_missing
from studyserver.common.spellings import folded, lookalikes, quoted, trimmed

from .placeholders import looks_unfilled

MOST_INVITED = 10_000  # at a time
MOST_LETTERS = 200
_DIGITS_KEPT = 15  # spreadsheets store numbers as doubles, which keep 15 decimal digits
# In the form that `_heading` returns.
_WORDS = """
    id identifier participant participantid name prolificid prolificpid submissionid subject subjectid code
    pseudonym user userid username worker workerid number nr email emailaddress mail
    kennung teilnehmer teilnehmerin teilnehmerid teilnehmernummer proband probandid nummer vpnr
    identificador participante nombre código número correo correoelectrónico
"""
_HEADINGS = frozenset(_WORDS.split())


class UnreadableList(ValueError):
    """The list of identifiers cannot be used; the message says why."""


@dataclass(frozen=True)
class IdentifierList:
    """Identifiers, each once, in order, and remarks about what was left out."""

    identifiers: list[str]
    remarks: list[str]


@dataclass(frozen=True)
class _Entry:
    """A line of a list: its identifier and the cells of its other columns."""

    line: int
    identifier: str
    further: tuple[str, ...]


def read_identifiers(text: str) -> IdentifierList:
    """Return the identifiers in the first column of a CSV table.

    Raises
    ------
    UnreadableList
        If there is none, if a line cannot be used, or if two identifiers may belong to one person.
    """
    entries, remarks = _without_heading(_entries(text))
    if not entries:
        raise UnreadableList(
            "There is no identifier: write one per line, or choose a table with them in its first column."
        )
    if len(entries) == 1 and not remarks and any(entries[0].further):
        raise UnreadableList(
            "There is one line with several identifiers in it: write one per line. Put quotation marks "
            "around an identifier that has a comma, semicolon or tab in it."
        )
    for entry in entries:
        _check(entry)
    by_identifier = _by_identifier(entries)
    identifiers = list(by_identifier)
    if len(identifiers) > MOST_INVITED:
        raise UnreadableList(f"At most {MOST_INVITED} identifiers at a time; these are {len(identifiers)}.")
    _refuse_lost_digits([entry.identifier for entry in entries])
    refuse_lookalikes(identifiers)
    if any(any(entry.further) for entry in entries):
        remarks.append("Only the first column was read.")
    repeated = [name for name, lines in by_identifier.items() if len(lines) > 1]
    if repeated:
        remarks.append(f"In the list more than once, taken as one person each: {listed(repeated)}.")
    return IdentifierList(identifiers, remarks)


def _entries(text: str) -> list[_Entry]:
    declared, table = declared_separator(text.removeprefix("\ufeff"))
    separator = declared or _separator(table)
    entries = []
    try:
        for line, cells in records(table, separator, lines_before=0 if declared is None else 1):
            first, *further = [unescaped(trimmed(cell)) for cell in cells] or [""]
            if first or any(further):
                entries.append(_Entry(line, first, tuple(further)))
    except TableError as error:
        raise UnreadableList(f"Line {error.line}: {error}.") from error
    return entries


def _separator(text: str) -> str:
    """Return the separator that most lines have."""
    lines = text.splitlines()
    return max(SEPARATORS, key=lambda separator: sum(separator in line for line in lines))


def _heading(cell: str) -> str:
    return folded(cell).translate(dict.fromkeys(map(ord, "_-.:#")))


def _without_heading(entries: list[_Entry]) -> tuple[list[_Entry], list[str]]:
    """Return the entries without the line of headings, and a remark about it."""
    if not entries:
        return [], []
    first = entries[0]
    if _heading(first.identifier) in _HEADINGS:
        return entries[1:], [f"Line {first.line}, “{first.identifier}”, was taken as the heading."]
    headed = [cell for cell in first.further if _heading(cell) in _HEADINGS]
    if headed:
        raise UnreadableList(
            f"The identifiers must stand in the first column, which is headed “{first.identifier}”: "
            f"move the column “{headed[0]}” to its place."
        )
    return entries, []


def _check(entry: _Entry) -> None:
    """Raise `UnreadableList` if an entry has no valid identifier."""
    name = entry.identifier
    if not name:
        raise UnreadableList(f"Line {entry.line} has no identifier in its first column.")
    if len(name) > MOST_LETTERS or not name.isprintable():
        raise UnreadableList(
            f"Line {entry.line}: “{name[:40]}…” is too long or contains characters that cannot be printed."
        )
    if is_rounded(name):
        raise UnreadableList(
            f"Line {entry.line}: “{name}” is a long number that a spreadsheet has shortened, so that several "
            "people may have become one. Format the column as text in the spreadsheet and fill in the "
            "numbers again."
        )
    if is_error_value(name):
        raise UnreadableList(
            f"Line {entry.line}: “{name}” is what a spreadsheet shows in place of a value. Widen the column "
            "or correct the cell, and save the table again."
        )
    if looks_missing(name) or looks_unfilled(name):
        raise UnreadableList(
            f"Line {entry.line}: “{name}” looks like a missing identifier. Fill it in or remove the line; if "
            "somebody is really called that, add to the name."
        )


def _by_identifier(entries: Sequence[_Entry]) -> dict[str, list[_Entry]]:
    """Return the lines of each identifier; refuse an identifier whose lines have different columns."""
    found: dict[str, list[_Entry]] = {}
    for entry in entries:
        found.setdefault(entry.identifier, []).append(entry)
    for name, lines in found.items():
        for other in lines[1:]:
            if other.further != lines[0].further:
                raise UnreadableList(
                    f"“{name}” stands in lines {lines[0].line} and {other.line} with different further "
                    "columns. If these are two people, give them different identifiers (put quotation marks "
                    "around one that has a comma in it); otherwise remove one of the lines."
                )
    return found


def _refuse_lost_digits(names: Sequence[str]) -> None:
    """Refuse long numbers that all end in zeros: spreadsheets keep 15 digits of a number."""
    long = [name for name in names if name.isdecimal() and len(name) > _DIGITS_KEPT]
    if len(long) > 1 and all(set(name[_DIGITS_KEPT:]) == {"0"} for name in long):
        raise UnreadableList(
            f"Numbers of more than {_DIGITS_KEPT} digits all end in zeros, such as “{long[0]}”: a "
            "spreadsheet has dropped their last digits. Format the column as text in the spreadsheet and "
            "fill in the numbers again."
        )


def refuse_lookalikes(names: Iterable[str], *, concerns: Callable[[list[str]], bool] | None = None) -> None:
    """Refuse identifiers that differ only in form, or are equal as numbers.

    Parameters
    ----------
    names
    concerns
        Whether to refuse a group of similar names; by default every group is refused.
    """
    groups = [group for group in lookalikes(names) if concerns is None or concerns(group)]
    if groups:
        pairs = [" and ".join(quoted(name, group) for name in group) for group in groups]
        raise UnreadableList(
            f"Each of these pairs may be one person: {listed(pairs)}. "
            "They differ only in case, blanks, Unicode form or the way of writing a number. Write each "
            "person's in one way, as in the links already made; if they are different people, give them "
            "different identifiers."
        )
