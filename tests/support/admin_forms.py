"""Pages of the admin, and what a browser would send from their forms."""

from django.forms import BoundField
from django.urls import reverse


def change(study):
    return reverse("admin:study_study_change", args=[study.pk])


def button(study, name):
    return reverse(f"admin:study_study_{name}", args=[study.pk])


def form_of(response) -> dict:
    """Return what the browser would post if nothing were changed on an admin page."""
    inlines = response.context["inline_admin_formsets"]
    fields = {bound.html_name: _sent(bound) for bound in _shown(response.context["adminform"])}
    for inline in inlines:
        rows = [bound for row in inline for bound in [*_shown(row), *row.form.hidden_fields()]]
        fields |= {bound.html_name: bound.value() for bound in inline.formset.management_form}
        fields |= {bound.html_name: _sent(bound) for bound in rows if bound.value() is not False}
    return fields


def _shown(adminform) -> list:
    """Return the fields that stand on the page, which are not always those of the form."""
    shown = [field.field for fieldset in adminform for line in fieldset for field in line]
    return [field for field in shown if isinstance(field, BoundField)]


def _sent(bound):
    return "" if bound.value() is None else bound.value()
