"""Questions in the admin: a row each within the study, a page each to edit one fully."""

import json
import re
from collections.abc import Iterator

from django import forms
from django.contrib import admin
from django.forms.widgets import Script
from django.urls import reverse
from django.utils.html import format_html

from studyserver.study.questions.kinds import MAXIMUM_STEPS, PREFERENCE_WORDS
from studyserver.study.questions.sliders import presented_options

from ..models import Question, QuestionExample, Study
from .shared.labelled import LabelledFormSet
from .shared.part_of_study import PartOfStudyAdmin
from .shared.plain_lines import PlainLines

_ENDS = ["low", "high"]


class QuestionForm(PlainLines, forms.ModelForm):
    """Takes the options of each kind in fields of their own, instead of as JSON."""

    is_of_trial = True
    # The fields that a kind has, beside those that all have; a script hides the others.
    needs = {
        Question.Kind.SCALE: ["points", *_ENDS, "labels"],
        Question.Kind.SLIDER: ["least", "most", "step", *_ENDS],
        Question.Kind.CHOICE: ["choices"],
        Question.Kind.CHECKLIST: ["choices"],
        Question.Kind.PREFERENCE: ["steps", "word", "tie"],
    }

    points = forms.IntegerField(
        required=False, min_value=2, max_value=11, label="Points", help_text="2 to 11."
    )
    low = forms.CharField(required=False, max_length=100, label="Label at the low end")
    high = forms.CharField(required=False, max_length=100, label="Label at the high end")
    least = forms.FloatField(required=False, label="Minimum")
    most = forms.FloatField(required=False, label="Maximum")
    step = forms.FloatField(
        required=False,
        label="Step",
        help_text="From one position of the slider to the next, such as 0.1. "
        "Empty: a hundredth of the range.",
    )
    choices = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        label="Choices",
        help_text="One per line, as “value = what annotators read”, such as: drums = the drums. The value "
        "stands in exports; it may hold any sign, but no “=” between blanks.",
    )

    labels = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        label="Labels of the points",
        help_text="One per line for every point, instead of labels at the ends only.",
    )
    steps = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MAXIMUM_STEPS,
        label="Degrees of preference",
        help_text="Between two clips; 3 for slightly, plainly and much.",
    )
    tie = forms.BooleanField(required=False, label="May say that there is no difference")
    word = forms.ChoiceField(
        choices=[(word, f"A {word} … B {word}") for word in PREFERENCE_WORDS],
        required=False,
        label="Preference in words",
    )

    class Meta:
        """All fields but the options, which are put together."""

        model = Question
        fields = (
            "study",
            "position",
            "key",
            "text",
            "help_text",
            "kind",
            "level",
            "scope",
            "target",
            "only_own_target",
            "required",
        )

        widgets = {
            "text": forms.Textarea(attrs={"rows": 2, "cols": 80}),
            "help_text": forms.Textarea(attrs={"rows": 3, "cols": 80}),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "kind" in self.fields:
            self.fields["kind"].widget.attrs["data-needs"] = json.dumps(self.needs)
        options = self.instance.options or {}
        self.initial |= {
            "points": options.get("points", 7 if self.instance._state.adding else None),
            "low": options.get("low", ""),
            "high": options.get("high", ""),
            "labels": "\n".join(options.get("labels") or []),
            "steps": options.get("steps", MAXIMUM_STEPS),
            "tie": options.get("tie", True),
            "word": options.get("word", PREFERENCE_WORDS[0]),
            "least": options.get("min", 0 if self.instance._state.adding and self.is_of_trial else None),
            "most": options.get("max", 100 if self.instance._state.adding and self.is_of_trial else None),
            "step": options.get("step"),
            "choices": "\n".join(
                f"{choice['value']} = {choice.get('label', choice['value'])}"
                for choice in options.get("choices", [])
            ),
        }

    def clean(self):
        """Put the options together; the model checks them."""
        cleaned = super().clean()
        kind = cleaned.get("kind")
        if not kind:
            return cleaned
        # What cannot be set here is kept.
        options = dict(self.instance.options or {}) if kind == self.initial.get("kind") else {}
        options |= self._options(kind, cleaned)
        options = {name: value for name, value in options.items() if value is not None}
        self.instance.options = options
        return cleaned

    def _options(self, kind: str, cleaned: dict) -> dict:
        ends = {"low": cleaned.get("low", ""), "high": cleaned.get("high", "")}
        if kind == Question.Kind.SCALE:
            labels = [line.strip() for line in cleaned.get("labels", "").splitlines() if line.strip()]
            return {"points": cleaned.get("points"), **ends, "labels": labels or None}
        if kind == Question.Kind.SLIDER:
            numbers = {"min": cleaned.get("least"), "max": cleaned.get("most"), "step": cleaned.get("step")}
            return numbers | ends
        if kind == Question.Kind.PREFERENCE:
            return {
                "steps": cleaned.get("steps") or MAXIMUM_STEPS,
                "tie": bool(cleaned.get("tie")),
                "word": cleaned.get("word") or PREFERENCE_WORDS[0],
            }
        if kind in (Question.Kind.CHOICE, Question.Kind.CHECKLIST):
            return {"choices": list(_read_choices(cleaned.get("choices", "")))}
        return {}


def _read_choices(text: str) -> Iterator[dict[str, str]]:
    """Yield the choices that lines name, with the value as label where a line has no other.

    Value and label are divided by the first “=” between blanks, or else by the first “=” after the first
    letter: values such as “=1+1” and “a=b” can be written.
    """
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.strip()
        if re.match(r"=(\s|$)", line):
            raise forms.ValidationError(
                {"choices": f"Line {number}, “{line}”, has no value: write it before the “=”."}
            )
        divided = re.fullmatch(r"(.+?)\s+=(?:\s+(.*))?", line) or re.fullmatch(r"(.[^=]*)=(.*)", line)
        value, label = divided.groups(default="") if divided else (line, "")
        if line:
            yield {"value": value.strip(), "label": label.strip() or value.strip()}


def answers_in_words(question: Question) -> str:
    """Return how a question is answered, in a few words."""
    options = question.options
    ends = " to ".join(f"“{options[end]}”" for end in ("low", "high") if options.get(end))
    if question.kind == Question.Kind.SCALE:
        return (
            f"{options.get('points', '?')} points, {ends}" if ends else f"{options.get('points', '?')} points"
        )
    if question.kind == Question.Kind.SLIDER:
        positions = f"slider {options.get('min')} to {options.get('max')}"
        step = presented_options(question.kind, options).get("step")
        return ", ".join(filter(None, [positions, f"in steps of {step}" if step else "", ends]))
    if "choices" in options:
        what = "one of" if question.kind == Question.Kind.CHOICE else "any of"
        return f"{what}: " + ", ".join(choice.get("label", choice["value"]) for choice in options["choices"])
    return question.get_kind_display()


class QuestionInline(admin.TabularInline):
    """The questions of a study at a glance; each has a page of its own."""

    formset = LabelledFormSet
    model = Question
    fields = ("position", "text", "answers", "target", "only_own_target", "required")
    readonly_fields = ("answers",)
    extra = 0
    max_num = 0
    show_change_link = True
    verbose_name_plural = "Questions (“Change” beside a question edits it fully)"

    def get_formset(self, request, obj=None, **kwargs):
        """Give long sentences the room they need."""
        formset = super().get_formset(request, obj, **kwargs)
        if "text" in formset.form.base_fields:
            formset.form.base_fields["text"].widget = forms.Textarea(attrs={"rows": 2, "cols": 45})
        return formset

    @admin.display(description="answered by")
    def answers(self, question):
        """Return how it is answered."""
        return answers_in_words(question)

    def has_add_permission(self, request, obj=None):
        """Questions are added by the set, or on their own page."""
        return False

    def has_change_permission(self, request, obj=None):
        """Whether the study's questions may still change."""
        return super().has_change_permission(request, obj) and not (obj and obj.is_locked)

    def has_delete_permission(self, request, obj=None):
        """Whether the study's questions may still go."""
        return super().has_delete_permission(request, obj) and not (obj and obj.is_locked)


class QuestionExampleInline(admin.TabularInline):
    """Clips that show what a question means."""

    formset = LabelledFormSet
    model = QuestionExample
    fields = ("label", "clip", "listen")
    autocomplete_fields = ("clip",)
    readonly_fields = ("listen",)
    extra = 0
    verbose_name_plural = "Sound examples, to be heard beside the question"

    @admin.display(description="sound")
    def listen(self, example):
        """Return a player of the clip; a script makes it follow what is chosen."""
        sound = reverse("explainer:clip-sound", args=[example.clip_id or 0])
        return format_html(
            '<audio class="study-sound" controls preload="none" aria-label="{}" data-sound="{}" {}></audio>',
            example.label or "The clip chosen",
            sound,
            format_html('src="{}"', sound) if example.clip_id else "hidden",
        )

    def has_change_permission(self, request, obj=None):
        """Whether the question may still change."""
        return super().has_change_permission(request, obj) and not (obj and obj.study.is_locked)

    has_add_permission = has_delete_permission = has_change_permission


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
                "fields": (
                    "kind",
                    "points",
                    ("low", "high"),
                    "labels",
                    ("least", "most", "step"),
                    "choices",
                    ("steps", "word", "tie"),
                ),
                "description": "Preference and ABX are about the trial as a whole. There is never a default "
                "answer.",
            },
        ),
        ("For the analysis", {"fields": ("level", "scope", "target", "only_own_target")}),
    )

    def has_module_permission(self, request):
        """Reached through its study, not from the index."""
        return False

    def get_changeform_initial_data(self, request):
        """Put a new question last."""
        initial = super().get_changeform_initial_data(request)
        study = Study.objects.filter(pk=initial.get("study") or 0).first()
        if study:
            last = study.questions.order_by("position").last()
            initial["position"] = last.position + 1 if last else 1
        return initial

    def has_change_permission(self, request, obj=None):
        """Whether the question may still change."""
        return super().has_change_permission(request, obj) and not (obj and obj.study.is_locked)

    def has_delete_permission(self, request, obj=None):
        """Whether the question may still go."""
        return super().has_delete_permission(request, obj) and not (obj and obj.study.is_locked)
