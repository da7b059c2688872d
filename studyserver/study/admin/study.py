"""The study's page in the admin, and its buttons."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Count, Field, Q, QuerySet
from django.forms import BaseFormSet, ModelForm
from django.forms import Field as FormField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse

from explainer.core.base.counting import plural
from studyserver.study.design.allocation import judged_counts
from studyserver.study.design.forecasts import forecasts
from studyserver.study.design.outlook import outlook
from studyserver.study.design.stimuli import StudyLocked, table_of
from studyserver.study.lifecycle.opening import opening_problems
from studyserver.study.lifecycle.versions import record_change
from studyserver.study.recruitment.advice import advice
from studyserver.study.texts import starting_texts
from studyserver.study.texts.question_sets import QUESTION_SETS
from studyserver.study.texts.target_words import without_words

from ..models import Annotator, Judgment, Study
from ..screening.questionnaire import ordered_pages
from .analysis_plan import ExclusionRuleInline, ResearchQuestionInline
from .buttons import MOST_SIMULATED, StudyButtons
from .design import LOCKED_DESIGN, StudyForm, preview
from .layout import fieldsets, unfolded_where_wrong
from .next_steps import steps
from .preregistration import PreregistrationViews
from .questionnaire import QuotaInline
from .questions import QuestionInline
from .recruiting import RecruitingViews, ReturnInline, panel
from .shared.addresses import address
from .shared.saved_first import action_on
from .stimuli import StimuliViews
from .study_templates import TemplateViews
from .translations import TranslationViews, further_languages

LOCKED = ("slug", "presentation", "seed", *LOCKED_DESIGN)
# What decides who may take part stays as it is, once people have begun.
SCREENING = ("set_level", "count_tones", "headphone_check", "headphone_attempts", "headphone_exclusion")


@admin.register(Study)
class StudyAdmin(admin.ModelAdmin):
    """Compose, open, rehearse and watch a study."""

    form = StudyForm
    list_display = ("title", "state", "slug", "people_finished", "annotators_wanted", "created_at")
    list_filter = ("state",)
    search_fields = ("title", "slug", "notes")
    prepopulated_fields = {"slug": ("title",)}
    inlines = (
        ResearchQuestionInline,  # the first one is shown right below the title
        QuestionInline,
        ExclusionRuleInline,
        QuotaInline,
        ReturnInline,
    )
    save_on_top = True
    change_form_template = "admin/study/study/change_form.html"
    change_list_template = "admin/study/study/change_list.html"

    class Media:
        """Style and the copy button."""

        css = {"all": ("study/admin/study.css",)}
        js = ("study/admin/copy.js",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Count who has finished."""
        finished = Q(annotators__rehearsal=False, annotators__state=Annotator.State.FINISHED)
        return super().get_queryset(request).annotate(finished=Count("annotators", filter=finished))

    @admin.display(ordering="finished", description="finished")
    def people_finished(self, study: Study) -> int:
        """Return how many people have done all of their trials."""
        return study.finished

    def get_fieldsets(
        self, request: HttpRequest, obj: Study | None = None
    ) -> list[tuple[str | None, dict[str, Any]]]:
        """Ask for few fields at first, and fold those that few studies need."""
        return fieldsets(obj)

    def get_inlines(self, request: HttpRequest, obj: Study | None) -> Sequence[type]:
        """Leave a new study's questions and rules for its page."""
        return self.inlines if obj else ()

    def save_model(self, request: HttpRequest, obj: Study, form: ModelForm, change: bool) -> None:
        """Give a new study suggested texts, and adapt them to its design."""
        begun = starting_texts.fit(obj) if change else starting_texts.fill_in(obj)
        super().save_model(request, obj, form, change)
        if begun:
            starting_texts.translate(obj)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *arguments: Any, **named: Any
    ) -> HttpResponse:
        """Offer one button that saves and stays."""
        context |= {"show_save_and_add_another": False, "show_save_and_continue": False}
        shown = context["adminform"]
        shown.fieldsets = unfolded_where_wrong(shown.fieldsets, shown.form.errors)
        return super().render_change_form(request, context, *arguments, **named)

    def response_post_save_add(self, request: HttpRequest, obj: Study) -> HttpResponse:
        """Go on with the study."""
        return HttpResponseRedirect(reverse("admin:study_study_change", args=[obj.pk]))

    response_post_save_change = response_post_save_add

    def response_change(self, request: HttpRequest, obj: Study) -> HttpResponse:
        """Do what the button beside the form was pressed for, now that the form is saved."""
        action = action_on(obj, request.POST.get("_then", ""))
        if action is None:
            return super().response_change(request, obj)
        self.message_user(request, "Saved what you had entered in the form.", messages.SUCCESS)
        return action(request)

    def get_readonly_fields(self, request: HttpRequest, obj: Study | None = None) -> Sequence[str]:
        """Keep what links and seeds depend on, once people have begun."""
        return (*LOCKED, *SCREENING) if obj and obj.is_locked else ()

    def formfield_for_dbfield(self, db_field: Field, request: HttpRequest, **kwargs: Any) -> FormField | None:
        """Offer the languages that the site speaks."""
        if db_field.name == "language":
            return forms.ChoiceField(
                choices=settings.LANGUAGES, initial=db_field.default, help_text=db_field.help_text
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_prepopulated_fields(
        self, request: HttpRequest, obj: Study | None = None
    ) -> Mapping[str, Sequence[str]]:
        """Suggest a slug only for a new study: links to an old one are out."""
        return {} if obj else self.prepopulated_fields

    def has_delete_permission(self, request: HttpRequest, obj: Study | None = None) -> bool:
        """Keep a study that people have taken part in."""
        return super().has_delete_permission(request, obj) and not (obj and obj.annotators.people().exists())

    def get_deleted_objects(
        self, objs: Iterable[Study], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Say why a study cannot be deleted, instead of Django's message on permissions."""
        kept = [reason for study in objs if (reason := _why_kept(study))]
        return ([], {}, set(), kept) if kept else super().get_deleted_objects(objs, request)

    def save_related(
        self, request: HttpRequest, form: ModelForm, formsets: list[BaseFormSet], change: bool
    ) -> None:
        """Record a new version when something changes after opening, and report it."""
        super().save_related(request, form, formsets, change)
        study = form.instance
        before = study.versions.count()
        record_change(study)
        if study.versions.count() > before:
            number = study.versions.latest("number").number
            self.message_user(request, f"This is version {number} now: trials shown from here on cite it.")

    # The page ---------------------------------------------------------------------------------

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the state of the study above the form."""
        study = self.get_object(request, object_id)
        context = {"panel": self._panel(request, study), "pressed": "_then" in request.POST} if study else {}
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def _panel(self, request: HttpRequest, study: Study) -> dict:
        stimuli = study.stimuli.active().select_related("clip")
        people = study.annotators.people()
        counts = judged_counts(study)
        per_stimulus = [counts[stimulus.pk] for stimulus in stimuli.main()]
        problems = opening_problems(study) if study.state != Study.State.OPEN else []
        return {
            "study": study,
            "steps": steps(study, problems),
            "research_questions": study.research_questions.select_related("question", "music_model"),
            "locked": str(StudyLocked()) if study.is_locked else "",
            "problems": problems,
            "advice": advice(study),
            "link": request.build_absolute_uri(study.get_absolute_url()),
            "table": table_of(stimulus.clip for stimulus in stimuli.main()),
            "practice_stimuli": stimuli.practice().count(),
            "outlook": outlook(study),
            "sets": preview(study),
            "question_sets": QUESTION_SETS.values(),
            "wordless": without_words(study),
            "finished": people.filter(state=Annotator.State.FINISHED).count(),
            "in_session": people.in_session().count(),
            "left": people.filter(state=Annotator.State.WITHDRAWN).count(),
            "judgments": Judgment.objects.filter(trial__annotator__in=people)
            .usable()
            .judging()
            .current()
            .count(),
            "heard_least": min(per_stimulus, default=0),
            "heard_most": max(per_stimulus, default=0),
            "rehearsals": study.annotators.rehearsals().count(),
            "most_simulated": MOST_SIMULATED,
            "forecasts": forecasts(study) if study.state == Study.State.DRAFT else [],
            "planning": address("results:planning", study.slug),
            "pages": ordered_pages(study),
            "language": dict(settings.LANGUAGES).get(study.language, study.language),
            "languages": further_languages(study),
            "people": panel(study, request),
            "results": address("results:study", study.slug),
            "export": address("results:export", study.slug),
            "can_change": self.has_change_permission(request, study),
        }

    def get_urls(self) -> list[URLPattern]:
        """Add the pages and buttons of one study."""
        groups = (
            TemplateViews, StudyButtons, StimuliViews, RecruitingViews, TranslationViews,
            PreregistrationViews,
        )  # fmt: skip
        return [each for group in groups for each in group(self).urls()] + super().get_urls()


def _why_kept(study: Study) -> str:
    """Return why a study cannot be deleted: its participations; empty if there are none."""
    people = study.annotators.people().count()
    if people:
        return (
            f"“{study}”: {plural(people, 'annotator')}. Close the study instead, or delete their data first."
        )
    if study.annotators.exists():
        return f"“{study}”: its rehearsal. Discard it on the study's page first."
    return ""
