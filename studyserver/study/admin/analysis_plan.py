"""The analysis plan within the study's page: exclusion rules and primary contrasts.

Both are fixed once people have begun.
"""

from typing import Any

from django.contrib import admin
from django.db.models import Field
from django.forms import BaseFormSet
from django.forms import Field as FormField
from django.http import HttpRequest

from ..models import ExclusionRule, PrimaryContrast, Question, Study
from .shared.labelled import LabelledFormSet


class _UntilBegun(admin.TabularInline):
    """Rows that may change until the first person has been given trials."""

    formset = LabelledFormSet
    classes = ("collapse",)
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Study | None = None) -> bool:
        """Whether rows may be added."""
        return super().has_add_permission(request, obj) and not (obj and obj.is_locked)

    def has_change_permission(self, request: HttpRequest, obj: Study | None = None) -> bool:
        """Whether rows may change."""
        return super().has_change_permission(request, obj) and not (obj and obj.is_locked)

    def has_delete_permission(self, request: HttpRequest, obj: Study | None = None) -> bool:
        """Whether rows may go."""
        return super().has_delete_permission(request, obj) and not (obj and obj.is_locked)


class ExclusionRuleInline(_UntilBegun):
    """Whom the results leave out; declared before anybody answers, so that nobody picks results by it."""

    model = ExclusionRule
    verbose_name_plural = "Exclusion rules: whom the results leave out"
    fields = ("measure", "excludes", "limit")


class PrimaryContrastInline(_UntilBegun):
    """What is compared; without any, evidence is compared with its random control."""

    model = PrimaryContrast
    verbose_name_plural = "Primary contrasts: which conditions are compared"
    fields = ("question", "first", "first_method", "second", "second_method")

    def get_formset(self, request: HttpRequest, obj: Study | None = None, **kwargs: Any) -> type[BaseFormSet]:
        """Offer the study's own questions."""
        self.of_study = obj
        return super().get_formset(request, obj, **kwargs)

    def formfield_for_foreignkey(
        self, db_field: Field, request: HttpRequest, **kwargs: Any
    ) -> FormField | None:
        """Offer the study's own questions, without icons that would lead astray."""
        if db_field.name == "question":
            study = getattr(self, "of_study", None)
            kwargs["queryset"] = study.questions.all() if study else Question.objects.none()
            return db_field.formfield(**kwargs)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
