"""Plurals after numbers, and shortened lists."""

from collections.abc import Sequence, Sized

MOST_NAMED = 20


def plural(number: int | Sized, one: str, several: str = "") -> str:
    """Return "1 place" or "2 places", with a narrow space between thousands."""
    count = len(number) if isinstance(number, Sized) else number
    digits = f"{count:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    return f"{digits} {one if count == 1 else several or one + 's'}"


def listed(names: Sequence[str], most: int = MOST_NAMED) -> str:
    """Return names separated by commas; after the first `MOST_NAMED` only the number of the others."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")
