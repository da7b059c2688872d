"""Filters of lists in the admin."""

from django.contrib.admin import AllValuesFieldListFilter


class NamedValues(AllValuesFieldListFilter):
    """By every value there is, the empty one under a name that can be read and chosen."""

    def choices(self, changelist):
        """Yield what can be chosen."""
        for choice in super().choices(changelist):
            yield {**choice, "display": choice["display"] or "(none)"}
