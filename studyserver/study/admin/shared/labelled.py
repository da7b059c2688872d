"""Rows of fields below column titles, each field named for those who do not see the titles."""

from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.forms import ModelForm
from django.forms.models import BaseInlineFormSet


class LabelledFormSet(BaseInlineFormSet):
    """Names every field by its label, which tables of forms show as a column title only.

    Fields that refer to other rows get no icons to add, change or delete those: they would lead away from
    the form.
    """

    def add_fields(self, form: ModelForm, index: int | None) -> None:
        """Name the fields of a row."""
        super().add_fields(form, index)
        for name, field in form.fields.items():
            if not field.widget.is_hidden:
                widget = getattr(field.widget, "widget", field.widget)
                widget.attrs.setdefault("aria-label", str(field.label or name.replace("_", " ")))
            if isinstance(field.widget, RelatedFieldWidgetWrapper):
                field.widget.can_add_related = field.widget.can_change_related = False
                field.widget.can_view_related = field.widget.can_delete_related = False
