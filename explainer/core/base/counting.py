"""Numbers with the right form of their word, and long lists cut short."""

from collections.abc import Sequence, Sized

MOST_NAMED = 20


def plural(number: int | Sized, one: str, several: str = "") -> str:
    """Return "1 place" or "2 places", thousands set apart."""
    count = len(number) if isinstance(number, Sized) else number
    digits = f"{count:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    return f"{digits} {one if count == 1 else several or one + 's'}"


def listed(names: Sequence[str], most: int = MOST_NAMED) -> str:
    """Return names in one line, the first ones of many."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")
