"""Stimuli in the admin, and the page that chooses them by rule."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import URLPattern
from django.utils.html import format_html

from explainer.core.base.counting import plural
from explainer.models import Clip, Excerpt, MusicModel, Recipe, Track
from studyserver.study.design.left_out import held_in_words
from studyserver.study.design.outlook import outlook
from studyserver.study.design.stimuli import (
    Rule,
    StudyLocked,
    add_stimuli,
    available_targets,
    clips_by_rule,
    new_clips,
    table_of,
)
from studyserver.study.lifecycle.versions import record_change

from ..models import Stimulus, Study
from .shared.addresses import address
from .shared.filters import NamedValues
from .shared.study_views import StudyViews

MOST_LISTED = 400  # clips with a box each; Django takes 1000 fields from a form


def _rows(model: type[Model], have_clips: str) -> forms.ModelMultipleChoiceField:
    """Return boxes for the rows that have clips."""
    rows = model._default_manager.filter(**{f"{have_clips}__isnull": False}).distinct()
    return forms.ModelMultipleChoiceField(
        rows, required=False, widget=forms.CheckboxSelectMultiple, help_text="None chosen: all."
    )


def _values(help_text: str = "", label: str | None = None) -> forms.MultipleChoiceField:
    """Return boxes whose choices are the values that clips have."""
    return forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=label,
        help_text=f"None chosen: all. {help_text}".strip(),
    )


class RuleForm(forms.Form):
    """Which clips; an empty choice takes all."""

    tracks = _rows(Track, "clips")
    parts = forms.ChoiceField(
        choices=[("", "all clips"), ("excerpts", "of excerpts only"), ("whole", "of whole tracks only")],
        required=False,
        widget=forms.RadioSelect,
        label="Excerpts",
    )
    models = _rows(MusicModel, "explanations__clips")
    recipes = _rows(Recipe, "explanations__clips")
    targets = _values("Originals and resyntheses serve every target.")
    conditions = _values()
    kept_segments = _values(
        "Several for a study of how much evidence it takes. A clip holds fewer than its recipe asked for "
        "where fewer segments speak for the target.",
        "Segments held (k)",
    )
    methods = _values(
        "Uploaded clips belong to no model or recipe; choose their system here.", "Methods and systems"
    )
    role = forms.ChoiceField(
        choices=Stimulus.Role.choices,
        initial=Stimulus.Role.MAIN,
        widget=forms.RadioSelect,
        help_text="Practice stimuli come first and never enter the results.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["targets"].choices = [(name, name) for name in available_targets()]
        sizes = Clip.objects.filter(kept_segments__gt=0).order_by("kept_segments")
        values = sizes.values_list("kept_segments", flat=True).distinct()
        self.fields["kept_segments"].choices = [(value, value) for value in values]
        methods = Clip.objects.exclude(method="").order_by("method").values_list("method", flat=True)
        self.fields["methods"].choices = [(name, name.replace("_", " ")) for name in methods.distinct()]
        present = set(Clip.objects.order_by().values_list("condition", flat=True).distinct())
        self.fields["conditions"].choices = [
            choice for choice in Clip.Condition.choices if choice[0] in present
        ]

    def rule(self) -> Rule:
        """Return what was chosen."""
        chosen = self.cleaned_data
        rows = {name: [row.pk for row in chosen[name]] for name in ("tracks", "models", "recipes")}
        return Rule(
            **rows,
            parts=chosen["parts"],
            targets=chosen["targets"],
            conditions=chosen["conditions"],
            kept_segments=[int(value) for value in chosen["kept_segments"]],
            methods=chosen["methods"],
        )


@dataclass(frozen=True)
class Proposal:
    """What adding the chosen clips would make of a study."""

    selected: int
    new: list[Clip]
    role: str
    table: Any
    outlook: Any

    @property
    def is_listed(self) -> bool:
        """Whether the clips are so few that each can be ticked."""
        return len(self.new) <= MOST_LISTED

    def chosen(self, posted: QueryDict) -> list[Clip]:
        """Return those of the new clips that are ticked, or all where they were not listed."""
        if "listed" not in posted:
            return self.new
        ticked = set(posted.getlist("clip"))
        return [clip for clip in self.new if str(clip.pk) in ticked]


def propose(study: Study, form: RuleForm) -> Proposal:
    """Return what adding the chosen clips would make of a study."""
    clips = clips_by_rule(form.rule())
    role = form.cleaned_data["role"]
    new = new_clips(study, clips, role)
    return Proposal(
        selected=len(clips),
        new=new,
        role=role,
        table=table_of(new),
        outlook=outlook(study, new if role == Stimulus.Role.MAIN else ()),
    )


class StimuliViews(StudyViews):
    """The page that chooses stimuli by rule."""

    def urls(self) -> list[URLPattern]:
        """Return the address."""
        return [self.path("stimuli", self.choose)]

    def choose(self, request: HttpRequest, study: Study) -> HttpResponse:
        """Show what a rule gives, then add it."""
        if study.is_locked:
            self.refuse(request, str(StudyLocked()), messages.WARNING)
            return self.to_study(study)
        data = request.POST if request.method == "POST" else request.GET
        form = RuleForm(data if "role" in data else None)
        proposal = propose(study, form) if form.is_bound and form.is_valid() else None
        if request.method == "POST" and proposal:
            added = add_stimuli(study, proposal.chosen(request.POST), role=proposal.role)
            record_change(study)
            self.done(request, study, f"Added {plural(added, 'stimulus', 'stimuli')}.")
            return self.to_study(study)
        title = f"Add stimuli to “{study}”"
        return self.page(request, study, "stimuli", title, form=form, proposal=proposal)


@admin.register(Stimulus)
class StimulusAdmin(admin.ModelAdmin):
    """The stimuli of a study; they are added by rule from the study's page."""

    list_display = (
        "track", "condition", "target", "kept_segments", "sound", "role", "active", "finished", "study",
    )  # fmt: skip
    list_filter = ("study", "role", "active", "clip__condition", ("clip__target", NamedValues))
    list_select_related = ("study", "clip__track", "clip__excerpt")
    search_fields = ("clip__track__name", "clip__track__title", "clip__target")
    list_per_page = 50

    class Media:
        """Style."""

        css = {"all": ("study/admin/study.css",)}

    fields = ("study", "clip", "sound", "role", "feedback", "active")
    readonly_fields = ("study", "clip", "sound")
    actions = ("switch_off", "switch_on")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Count what has been heard of each."""
        people = Q(presentations__trial__annotator__rehearsal=False) & ~Q(
            presentations__trial__finished_at=None
        )
        return super().get_queryset(request).annotate(trials_finished=Count("presentations", filter=people))

    @admin.display(ordering="clip__track__name")
    def track(self, stimulus: Stimulus) -> Excerpt:
        """Return the piece of music, or the excerpt of it."""
        return stimulus.clip.part

    @admin.display(ordering="clip__condition")
    def condition(self, stimulus: Stimulus) -> str:
        """Return what the clip holds."""
        return stimulus.clip.get_condition_display().partition(" (")[0]

    @admin.display(ordering="clip__target")
    def target(self, stimulus: Stimulus) -> str:
        """Return what the clip was made for."""
        return stimulus.clip.target or "all"

    @admin.display(ordering="clip__kept_segments", description="k")
    def kept_segments(self, stimulus: Stimulus) -> str:
        """Return how many segments the evidence holds, and how many were asked for where that differs."""
        return held_in_words(stimulus.clip)

    @admin.display(description="sound")
    def sound(self, stimulus: Stimulus) -> str:
        """Return a player for the researcher."""
        sound = address("explainer:clip-sound", stimulus.clip_id)
        if not sound:
            return f"{stimulus.clip.seconds:.1f} s"
        return format_html('<audio class="study-sound" controls preload="none" src="{}"></audio>', sound)

    @admin.display(ordering="trials_finished", description="trials finished")
    def finished(self, stimulus: Stimulus) -> int:
        """Return in how many finished trials people heard it."""
        return stimulus.trials_finished

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Stimuli are added by rule."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Stimulus | None = None) -> bool:
        """Whether the stimulus may still be deleted."""
        return super().has_delete_permission(request, obj) and not (obj and obj.study.is_locked)

    def get_readonly_fields(self, request: HttpRequest, obj: Stimulus | None = None) -> Sequence[str]:
        """Keep the role of what people have heard."""
        locked = obj and obj.study.is_locked
        return (*self.readonly_fields, "role") if locked else self.readonly_fields

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Delete stimuli of studies that nobody has begun, and report the others."""
        locked = {
            study.pk for study in Study.objects.filter(stimuli__in=queryset).distinct() if study.is_locked
        }
        if locked:
            self.message_user(request, str(StudyLocked()), messages.ERROR)
        Stimulus.objects.filter(pk__in=queryset.values("pk")).exclude(study__in=locked).delete()

    @admin.action(description="Deactivate (no longer present)")
    def switch_off(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Stop presenting these; their judgments stay."""
        self._switch(request, queryset, active=False)

    @admin.action(description="Activate")
    def switch_on(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Present these again."""
        self._switch(request, queryset, active=True)

    def _switch(self, request: HttpRequest, queryset: QuerySet, *, active: bool) -> None:
        studies = list(Study.objects.filter(stimuli__in=queryset).distinct())
        changed = Stimulus.objects.filter(pk__in=queryset.values("pk")).update(active=active)
        for study in studies:
            record_change(study)
        self.message_user(
            request, f"{'Activated' if active else 'Deactivated'} {plural(changed, 'stimulus', 'stimuli')}."
        )
