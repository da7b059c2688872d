"""A column of the export: name, type, unit, description and closed list of values."""

from dataclasses import dataclass

TYPES = ("identifier", "text", "integer", "number", "boolean", "datetime")


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


def variables(columns: dict[str, str], levels: dict[str, dict[str, str]]) -> dict[str, Variable]:
    """Return variables by name, from lines ``type [unit]: description`` and the closed lists of values."""
    found = {}
    for name, line in columns.items():
        kind, description = line.split(": ", 1)
        kind, _, unit = kind.removesuffix("]").partition(" [")
        found[name] = Variable(name, kind, description, unit, tuple(levels.get(name, {}).items()))
    return found
