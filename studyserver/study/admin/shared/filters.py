"""Filters of lists in the admin."""

from collections.abc import Iterator
from typing import Any

from django.contrib.admin import AllValuesFieldListFilter
from django.contrib.admin.views.main import ChangeList


class NamedValues(AllValuesFieldListFilter):
    """By every value there is, the empty one under a name that can be read and chosen."""

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        """Yield what can be chosen."""
        for choice in super().choices(changelist):
            yield {**choice, "display": choice["display"] or "(none)"}
