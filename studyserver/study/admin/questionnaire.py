"""The questionnaire in the admin: a page each, with its questions below one another; quotas in the study."""

from typing import Any

from django import forms
from django.contrib import admin
from django.forms.widgets import Script
from django.http import HttpRequest

from studyserver.study.questions.item_kinds import ITEM_KINDS

from ..models import QuestionnaireItem, QuestionnairePage, Quota, Study
from ..screening.questionnaire import Place, last_position
from .questions import QuestionForm, fields_of, rows_of
from .shared.locked import OwnRowsFormSet
from .shared.part_of_study import PartOfStudyAdmin
from .shared.plain_lines import PlainLines

ItemOptionFields: Any = fields_of(ITEM_KINDS)


class ItemForm(QuestionForm, ItemOptionFields):
    """Takes the options of each kind in fields of their own, as questions of trials do."""

    is_of_trial = False
    kinds = ITEM_KINDS

    class Meta:
        """All fields but the options, which are put together."""

        model = QuestionnaireItem
        fields = (
            "position", "key", "text", "help_text", "kind", "required", "shown_if_key", "shown_if",
            "screen_out_if",
        )  # fmt: skip
        widgets = {
            "text": forms.Textarea(attrs={"rows": 2, "cols": 70}),
            "help_text": forms.Textarea(attrs={"rows": 2, "cols": 70}),
        }


class ItemInline(admin.StackedInline):
    """The questions of a page."""

    model = QuestionnaireItem
    form = ItemForm
    extra = 0
    verbose_name = "question"
    fieldsets = (
        (None, {"fields": (("position", "key", "required"), "text", "help_text")}),
        (
            "How it is answered",
            {"fields": ("kind", *rows_of(ITEM_KINDS))},
        ),
        ("Conditions", {"fields": (("shown_if_key", "shown_if"), "screen_out_if")}),
    )


class PageForm(PlainLines, forms.ModelForm):
    """The texts of a page."""


@admin.register(QuestionnairePage)
class QuestionnairePageAdmin(PartOfStudyAdmin, admin.ModelAdmin):
    """One page of the questionnaire in full."""

    form = PageForm
    fields = ("study", ("place", "position"), "title", "introduction")
    inlines = (ItemInline,)

    class Media:
        """Style, and the script that shows what a kind needs."""

        css = {"all": ("study/admin/study.css",)}
        js = (Script("study/admin/needs.js", type="module"),)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Put a new page last."""
        initial = super().get_changeform_initial_data(request)
        study = Study.objects.filter(pk=initial.get("study") or 0).first()
        if study:
            initial["position"] = last_position(study, initial.get("place", Place.BEFORE)) + 1
        return initial


class _QuestionsBefore(OwnRowsFormSet):
    """Offers the questions that the study asks before the trials."""

    own = {
        "item": lambda study: QuestionnaireItem.objects.filter(page__study=study.pk, page__place=Place.BEFORE)
    }


class QuotaInline(admin.TabularInline):
    """How many annotators of each group a study takes."""

    formset = _QuestionsBefore
    model = Quota
    verbose_name_plural = "Quotas: how many annotators of each group"
    fields = ("name", "item", "rule", "limit", "so_far")
    readonly_fields = ("so_far",)
    classes = ("collapse",)
    extra = 0

    @admin.display(description="so far")
    def so_far(self, quota: Quota) -> int | str:
        """Return how many places are taken."""
        return quota.members.people().holding_places().count() if quota.pk else "-"
