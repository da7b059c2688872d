"""Questions in the admin: a row each within the study, a page each to edit one fully."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.forms import BaseFormSet
from django.forms.widgets import Script
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from studyserver.study.questions.kind import Kind
from studyserver.study.questions.kinds import KINDS

from ..models import Question, QuestionExample, Study
from .shared.labelled import LabelledFormSet
from .shared.locked import UntilBegun, UntilBegunInline
from .shared.part_of_study import PartOfStudyAdmin
from .shared.plain_lines import PlainLines


def fields_of(kinds: Mapping[str, Kind]) -> type[forms.Form]:
    """Return a form with the fields of the options of some kinds."""
    fields = {name: field for kind in kinds.values() for name, field in kind.fields.items()}
    return type("OptionFields", (forms.Form,), fields)


def rows_of(kinds: Mapping[str, Kind]) -> list[tuple[str, ...]]:
    """Return the names of those fields as rows of the form, each once."""
    rows: list[tuple[str, ...]] = []
    placed: set[str] = set()
    for kind in kinds.values():
        beside = {name: row for row in kind.rows for name in row}
        for field in kind.fields:
            new = tuple(name for name in beside.get(field, (field,)) if name not in placed)
            placed.update(new)
            rows += [new] if new else []
    return rows


OptionFields: Any = fields_of(KINDS)


class QuestionForm(PlainLines, forms.ModelForm, OptionFields):
    """Takes the options of each kind in fields of their own, instead of as JSON."""

    is_of_trial = True
    kinds: ClassVar[Mapping[str, Kind]] = KINDS

    class Meta:
        """All fields but the options, which are put together."""

        model = Question
        fields = (
            "study", "position", "key", "text", "help_text", "kind", "level", "scope", "target",
            "only_own_target", "required",
        )  # fmt: skip

        widgets = {
            "text": forms.Textarea(attrs={"rows": 2, "cols": 80}),
            "help_text": forms.Textarea(attrs={"rows": 3, "cols": 80}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "kind" in self.fields:
            needs = {name: list(kind.fields) for name, kind in self.kinds.items() if kind.fields}
            # A script hides the fields that the kind does not have.
            self.fields["kind"].widget.attrs["data-needs"] = json.dumps(needs)
        is_new = self.instance._state.adding and self.is_of_trial
        for kind in self.kinds.values():
            self.initial |= kind.entered(self.instance.options or {}, is_new=is_new)

    def clean(self) -> dict[str, Any]:
        """Put the options together; the model checks them."""
        cleaned = super().clean()
        kind = cleaned.get("kind")
        if not kind:
            return cleaned
        # What cannot be set here is kept.
        options = dict(self.instance.options or {}) if kind == self.initial.get("kind") else {}
        options |= self.kinds[kind].options_from(cleaned)
        options = {name: value for name, value in options.items() if value is not None}
        self.instance.options = options
        return cleaned


class QuestionInline(UntilBegun, admin.TabularInline):
    """The questions of a study at a glance; each has a page of its own."""

    formset = LabelledFormSet
    model = Question
    fields = ("position", "text", "answers", "target", "only_own_target", "required")
    readonly_fields = ("answers",)
    extra = 0
    max_num = 0
    show_change_link = True
    verbose_name_plural = "Questions (“Change” beside a question edits it fully)"

    def get_formset(self, request: HttpRequest, obj: Study | None = None, **kwargs: Any) -> type[BaseFormSet]:
        """Give long sentences the room they need."""
        formset = super().get_formset(request, obj, **kwargs)
        if "text" in formset.form.base_fields:
            formset.form.base_fields["text"].widget = forms.Textarea(attrs={"rows": 2, "cols": 45})
        return formset

    @admin.display(description="answered by")
    def answers(self, question: Question) -> str:
        """Return how it is answered."""
        return question.answer_kind.in_words(question.options)

    def has_add_permission(self, request: HttpRequest, obj: Study | None = None) -> bool:
        """Questions are added by the set, or on their own page."""
        return False


class QuestionExampleInline(UntilBegunInline, admin.TabularInline):
    """Clips that show what a question means."""

    classes = ()
    model = QuestionExample
    fields = ("label", "clip", "listen")
    autocomplete_fields = ("clip",)
    readonly_fields = ("listen",)
    verbose_name_plural = "Sound examples, to be heard beside the question"

    @admin.display(description="sound")
    def listen(self, example: QuestionExample) -> str:
        """Return a player of the clip; a script makes it follow what is chosen."""
        sound = reverse("explainer:clip-sound", args=[example.clip_id or 0])
        return format_html(
            '<audio class="study-sound" controls preload="none" aria-label="{}" data-sound="{}" {}></audio>',
            example.label or "The clip chosen",
            sound,
            format_html('src="{}"', sound) if example.clip_id else "hidden",
        )

    has_add_permission = has_delete_permission = UntilBegun.has_change_permission


@admin.register(Question)
class QuestionAdmin(PartOfStudyAdmin, admin.ModelAdmin):
    """One question in full."""

    class Media:
        """Style, and the script that shows what a kind needs."""

        css = {"all": ("study/admin/study.css",)}
        js = (Script("study/admin/needs.js", type="module"), Script("study/admin/hear.js", type="module"))

    form = QuestionForm
    inlines = (QuestionExampleInline,)
    fieldsets = (
        (None, {"fields": ("study", "text", "help_text", ("key", "position"), "required")}),
        (
            "How it is answered",
            {
                "fields": ("kind", *rows_of(KINDS)),
                "description": "Preference and ABX are about the trial as a whole. There is never a default "
                "answer.",
            },
        ),
        ("For the analysis", {"fields": ("level", "scope", "target", "only_own_target")}),
    )

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Put a new question last."""
        initial = super().get_changeform_initial_data(request)
        study = Study.objects.filter(pk=initial.get("study") or 0).first()
        if study:
            last = study.questions.order_by("position").last()
            initial["position"] = last.position + 1 if last else 1
        return initial
