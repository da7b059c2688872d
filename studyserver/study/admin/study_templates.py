"""Studies from templates: the list of templates, and the page on which a draft gets its clips."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from explainer.core.base.counting import plural
from explainer.models import Clip, MusicModel, Recipe, Track
from studyserver.study.design.outlook import outlook
from studyserver.study.design.stimuli import StudyLocked, available_targets, table_of
from studyserver.study.lifecycle.opening import opening_problems
from studyserver.study.study_templates.catalogue import CLIP_SECONDS, Template, templates
from studyserver.study.study_templates.composing import (
    Choice,
    NothingToCompose,
    compose,
    default_choice,
    start,
)
from studyserver.study.study_templates.pictures import picture

from ..models import Study
from .shared.study_views import StudyViews

_BETWEEN = "+"  # of the two conditions of a pair


@dataclass(frozen=True)
class Card:
    """A template in the list."""

    template: Template
    picture: SafeString


class ChoiceForm(forms.Form):
    """What a template needs to know; fields that it does not need are left out."""

    targets = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple)
    models = forms.ModelMultipleChoiceField(
        MusicModel.objects.none(), label="Music models", widget=forms.CheckboxSelectMultiple
    )
    model = forms.ModelChoiceField(
        MusicModel.objects.none(), label="Music model", widget=forms.RadioSelect, empty_label=None
    )
    recipes = forms.ModelMultipleChoiceField(
        Recipe.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None chosen: all. Clips of several recipes are judged together.",
    )
    methods = forms.MultipleChoiceField(
        label="Two methods", widget=forms.CheckboxSelectMultiple, help_text="Choose two."
    )
    sizes = forms.MultipleChoiceField(
        label="Segments held (k)",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None chosen: all. Choose at least two.",
    )
    size = forms.TypedChoiceField(
        label="Segments asked for (k)", coerce=int, empty_value=0, required=False, widget=forms.RadioSelect
    )
    pair = forms.ChoiceField(label="Conditions to compare", widget=forms.RadioSelect)
    tracks = forms.ModelMultipleChoiceField(
        Track.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None chosen: all that have such clips.",
    )

    def __init__(self, template: Template, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.template = template
        explained = MusicModel.objects.filter(explanations__clips__isnull=False).distinct()
        self.fields["models"].queryset = self.fields["model"].queryset = explained
        self.fields["recipes"].queryset = Recipe.objects.filter(explanations__clips__isnull=False).distinct()
        self.fields["tracks"].queryset = Track.objects.filter(explanations__clips__isnull=False).distinct()
        self.fields["targets"].choices = [(name, name.replace("_", " ")) for name in available_targets()]
        methods = Clip.objects.exclude(method="").order_by("method").values_list("method", flat=True)
        self.fields["methods"].choices = [(name, name.replace("_", " ")) for name in methods.distinct()]
        sizes = Clip.objects.filter(kept_segments__gt=0).order_by("kept_segments")
        self.fields["sizes"].choices = [
            (size, size) for size in sizes.values_list("kept_segments", flat=True).distinct()
        ]
        asked = Clip.objects.filter(segments_asked__gt=0).order_by("segments_asked")
        self.fields["size"].choices = [
            (size, size) for size in asked.values_list("segments_asked", flat=True).distinct()
        ]
        self.fields["pair"].choices = [
            (_BETWEEN.join(pair), " and ".join(_in_words(name) for name in pair)) for pair in template.pairs
        ]
        for name in set(self.fields) - set(template.choose):
            del self.fields[name]
        # Originals and resyntheses serve every target.
        if template.pairs and "targets" in self.fields:
            self.fields["targets"].required = False
            self.fields["targets"].help_text = "None chosen: all."

    def clean_targets(self) -> list[str]:
        """Require as many targets as the template needs."""
        targets = self.cleaned_data["targets"]
        if targets and len(targets) < self.template.fewest_targets:
            raise forms.ValidationError(
                f"Choose at least {self.template.fewest_targets} targets: people choose among them."
            )
        return targets

    def clean_methods(self) -> list[str]:
        """Require two methods."""
        methods = self.cleaned_data["methods"]
        if len(methods) != 2:
            raise forms.ValidationError("Choose two methods: this template compares them in pairs.")
        return methods

    def clean_sizes(self) -> list[str]:
        """Require two sizes or more, of those chosen or of all there are."""
        sizes = self.cleaned_data["sizes"]
        if len(sizes or self.fields["sizes"].choices) < 2:
            raise forms.ValidationError(
                "Choose at least two sizes. If there is only one, build clips with a recipe that asks for "
                "several, "
                "such as evidence sizes 2, 4 and 8."
            )
        return sizes

    def choice(self) -> Choice:
        """Return what was chosen."""
        chosen = self.cleaned_data
        models = [chosen["model"]] if chosen.get("model") else chosen.get("models", [])
        pair = chosen.get("pair", "")
        return Choice(
            targets=chosen.get("targets", []),
            models=[model.pk for model in models],
            recipes=[recipe.pk for recipe in chosen.get("recipes", [])],
            size=chosen.get("size", 0),
            tracks=[track.pk for track in chosen.get("tracks", [])],
            methods=chosen.get("methods", []),
            sizes=[int(size) for size in chosen.get("sizes", [])],
            pair=tuple(pair.split(_BETWEEN)) if pair else (),
        )


def initial(template: Template) -> dict[str, Any]:
    """Return the default choice as initial values of the form."""
    choice = default_choice(template)
    return {
        "targets": choice.targets,
        "models": choice.models,
        "model": next(iter(choice.models), None),
        "recipes": choice.recipes,
        "size": choice.size,
        "methods": choice.methods,
        "pair": _BETWEEN.join(choice.pair),
    }


@dataclass(frozen=True)
class Preview:
    """What a choice makes of a draft."""

    table: Any
    outlook: Any
    research_questions: list[str]
    questions: list[str]
    problems: list[str]


def preview(study: Study, template: Template, choice: Choice) -> Preview:
    """Return what composing a study would give; nothing stays.

    Raises
    ------
    NothingToCompose
        If no finished clip matches.
    """
    with transaction.atomic():
        tried = Study.objects.get(pk=study.pk)
        compose(tried, template, choice)
        clips = [stimulus.clip for stimulus in tried.stimuli.main().select_related("clip")]
        found = Preview(
            table=table_of(clips),
            outlook=outlook(tried),
            research_questions=[asked.sentence for asked in tried.research_questions.all()],
            questions=[question.text for question in tried.questions.all()],
            problems=opening_problems(tried),
        )
        transaction.set_rollback(True)
    return found


class TemplateViews(StudyViews):
    """The list of templates, the button of each, and the form that composes a draft."""

    def urls(self) -> list[URLPattern]:
        """Return the addresses."""
        view = self.admin.admin_site.admin_view
        return [
            path("templates/", view(self.show_all), name="study_study_templates"),
            path("templates/<str:name>/", view(require_POST(self.start)), name="study_study_start"),
            self.path("compose", self.compose),
        ]

    def show_all(self, request: HttpRequest) -> HttpResponse:
        """Show every template with its picture."""
        self._require_adding(request)
        context = {
            **self.admin.admin_site.each_context(request),
            "title": "Start from a template",
            "opts": self.admin.opts,
            "media": self.admin.media,
            "cards": [Card(template, picture(template)) for template in templates().values()],
            "clip_seconds": CLIP_SECONDS,
            "has_clips": Clip.objects.exclude(explanation=None).exists(),
        }
        return TemplateResponse(request, "admin/study/study/templates.html", context)

    def start(self, request: HttpRequest, name: str) -> HttpResponse:
        """Make a draft from a template, and go on to its clips."""
        self._require_adding(request)
        template = _template(name)
        study = start(template)
        self.admin.log_addition(request, study, f"Started from the template “{template.title}”.")
        words = "This draft has its texts, in every language of the site. Choose its clips next."
        self.admin.message_user(request, words, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:study_study_compose", args=[study.pk]))

    def compose(self, request: HttpRequest, study: Study) -> HttpResponse:
        """Take the choice, show what it gives, then compose the study."""
        template = _template(study.template)
        if study.is_locked or study.stimuli.main().exists():
            words = (
                str(StudyLocked())
                if study.is_locked
                else "This study has stimuli already: add more by rule, or start again from the template."
            )
            self.refuse(request, words, messages.WARNING)
            return self.to_study(study)
        form = ChoiceForm(template, request.POST or None, initial=initial(template))
        shown = None
        if form.is_bound and form.is_valid():
            try:
                if "preview" in request.POST:
                    shown = preview(study, template, form.choice())
                else:
                    return self._composed(request, study, template, form.choice())
            except NothingToCompose as reason:
                form.add_error(None, str(reason))
        return self.page(
            request,
            study,
            "compose",
            f"Choose the clips of “{template.title}”",
            template=template,
            picture=picture(template),
            form=form,
            preview=shown,
        )

    def _composed(
        self, request: HttpRequest, study: Study, template: Template, choice: Choice
    ) -> HttpResponse:
        compose(study, template, choice)
        stimuli, asked = study.stimuli.count(), study.research_questions.count()
        words = (
            f"Composed from “{template.title}”: {plural(stimuli, 'stimulus', 'stimuli')}, "
            f"{plural(study.questions.count(), 'question')}, {plural(asked, 'research question')}."
        )
        self.done(request, study, words)
        return self.to_study(study)

    def _require_adding(self, request: HttpRequest) -> None:
        if not self.admin.has_add_permission(request):
            raise PermissionDenied


def _template(name: str) -> Template:
    found = templates().get(name)
    if found is None:
        raise Http404("There is no such template.")
    return found


def _in_words(condition: str) -> str:
    return str(Clip.Condition(condition).label).partition(" (")[0]
