"""What belongs to a study and may change only until annotators have trials."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from django.contrib.admin.options import BaseModelAdmin, InlineModelAdmin
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from ...models import Study
from .labelled import LabelledFormSet


def is_locked(row: Any) -> bool:
    """Return whether a study, or the study that a row belongs to, is locked."""
    return bool(row and getattr(row, "study", row).is_locked)


class UntilBegun(BaseModelAdmin):
    """Mixed into an admin: rows change or are deleted only until the first annotator has trials."""

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whether rows may change."""
        return super().has_change_permission(request, obj) and not is_locked(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whether rows may be deleted."""
        return super().has_delete_permission(request, obj) and not is_locked(obj)


class UntilBegunInline(UntilBegun, InlineModelAdmin):
    """Rows within a study's page that can also be added only until then."""

    formset = LabelledFormSet
    classes: Sequence[str] = ("collapse",)
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whether rows may be added."""
        return super().has_add_permission(request, obj) and not is_locked(obj)


class OwnRowsFormSet(LabelledFormSet):
    """Offers the study's own rows for a field that refers to others.

    Attributes
    ----------
    own : dict
        Field -> a function of the study that returns the rows to choose from.
    """

    own: ClassVar[dict[str, Callable[[Study], QuerySet]]]

    def add_fields(self, form: ModelForm, index: int | None) -> None:
        """Narrow the choices."""
        super().add_fields(form, index)
        for name, rows in self.own.items():
            if name in form.fields:
                form.fields[name].queryset = rows(self.instance)
