"""Rows that the arguments of commands name."""

from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandError
from django.db.models import Model


def named_rows(kind: type[Model], names: Sequence[str] | None, what: str) -> list[Any]:
    """Return the rows with these names, or all rows if none is named.

    Raises
    ------
    CommandError
        If a row does not exist.
    """
    rows = list(kind.objects.filter(name__in=names) if names else kind.objects.all())
    missing = sorted(set(names or ()) - {row.name for row in rows})
    if missing:
        known = ", ".join(kind.objects.values_list("name", flat=True)) or "none yet"
        raise CommandError(f"There is no {what} {', '.join(missing)}; the names are: {known}.")
    return rows
