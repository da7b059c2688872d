"""A column of the export: name, type, unit, description and closed list of values."""

from dataclasses import dataclass

TYPES = ("identifier", "text", "integer", "number", "boolean", "datetime")

LEVELS_OF_MEASUREMENT = {
    "nominal": "names",
    "ordinal": "ordered",
    "interval": "equal steps",
    "ratio": "equal steps and a true zero",
    "sets": "sets of options (checklists)",
}


@dataclass(frozen=True)
class Variable:
    """One column.

    Attributes
    ----------
    name : str
    type : str
        One of `TYPES`. ``identifier`` matches ``^[A-Za-z0-9][A-Za-z0-9_.:-]*$`` and ``text`` is
        any text: only text is escaped against spreadsheet formulas.
    description : str
    unit : str
        Empty if there is none.
    levels : tuple of (str, str)
        Value and meaning, for a closed list of values.
    """

    name: str
    type: str
    description: str
    unit: str = ""
    levels: tuple[tuple[str, str], ...] = ()


def levels_of(mapping: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """Return a closed list of values as a `Variable` holds it."""
    return tuple(mapping.items())
