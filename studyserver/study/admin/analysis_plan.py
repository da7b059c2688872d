"""The analysis plan within the study's page: exclusion rules and primary contrasts.

Both are fixed once people have begun.
"""

from django.contrib import admin

from ..models import ExclusionRule, PrimaryContrast, Question
from .shared.locked import OwnRowsFormSet, UntilBegunInline


class ExclusionRuleInline(UntilBegunInline, admin.TabularInline):
    """Which annotators the results exclude; declared before results can guide the choice."""

    model = ExclusionRule
    verbose_name_plural = "Exclusion rules: which annotators the results exclude"
    fields = ("measure", "excludes", "limit")


class _OwnQuestions(OwnRowsFormSet):
    own = {"question": lambda study: Question.objects.filter(study=study.pk)}


class PrimaryContrastInline(UntilBegunInline, admin.TabularInline):
    """What is compared; without any, evidence is compared with its random control."""

    model = PrimaryContrast
    formset = _OwnQuestions
    verbose_name_plural = "Primary contrasts: which conditions are compared"
    fields = ("question", "first", "first_method", "second", "second_method")
