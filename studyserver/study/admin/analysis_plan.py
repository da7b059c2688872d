"""The analysis plan within the study's page: research questions and exclusion rules.

Both are fixed once people have begun.
"""

import json
from typing import Any

from django import forms
from django.contrib import admin
from django.forms.widgets import Script

from studyserver.study.questions.research.estimands import ESTIMANDS, Second

from ..models import ExclusionRule, Question, ResearchQuestion
from .shared.locked import OwnRowsFormSet, UntilBegunInline


class ExclusionRuleInline(UntilBegunInline, admin.TabularInline):
    """Which annotators the results exclude; declared before results can guide the choice."""

    model = ExclusionRule
    verbose_name_plural = "Exclusion rules: which annotators the results exclude"
    fields = ("measure", "excludes", "limit")


class ResearchQuestionForm(forms.ModelForm):
    """Hides the second condition where an estimand has none."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        needs = {
            str(name): [] if meaning.second == Second.NONE else ["second", "second_method"]
            for name, meaning in ESTIMANDS.items()
        }
        if "estimand" in self.fields:
            self.fields["estimand"].widget.attrs["data-needs"] = json.dumps(needs)


class _OwnQuestions(OwnRowsFormSet):
    own = {"question": lambda study: Question.objects.filter(study=study.pk)}


class ResearchQuestionInline(UntilBegunInline, admin.StackedInline):
    """What the study wants to know; without any, every comparison is exploratory."""

    model = ResearchQuestion
    form = ResearchQuestionForm
    formset = _OwnQuestions
    classes = ()
    verbose_name_plural = "Research questions: what the study wants to know"
    fields = (
        ("estimand", "position"),
        "question",
        ("first", "first_method"),
        ("second", "second_method"),
        "music_model",
        ("smallest_effect", "confidence"),
    )

    class Media:
        """The script that shows the fields of an estimand."""

        js = (Script("study/admin/needs.js", type="module"),)
