"""The study's page in the admin, and its buttons."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Field, Q, QuerySet
from django.forms import BaseFormSet, ModelForm
from django.forms import Field as FormField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from explainer.core.base.counting import plural
from studyserver.study.design.allocation import judged_counts
from studyserver.study.design.forecasts import forecasts
from studyserver.study.design.outlook import outlook
from studyserver.study.design.stimuli import StudyLocked, add_stimuli, table_of
from studyserver.study.lifecycle.copying import copy_study
from studyserver.study.lifecycle.opening import StudyNotReady, close_study, open_study, opening_problems
from studyserver.study.lifecycle.versions import record_version
from studyserver.study.recruitment.advice import advice
from studyserver.study.rehearsal import rehearsal
from studyserver.study.sessions.joining import join
from studyserver.study.texts import starting_texts
from studyserver.study.texts.question_sets import QUESTION_SETS, add_questions
from studyserver.study.texts.target_words import without_words

from ..models import PREVIEW, Annotator, Judgment, Study
from ..screening.background import add_background
from ..screening.questionnaire import ordered_pages
from . import recruiting
from .adaptive import AdaptiveDesignInline
from .analysis_plan import ExclusionRuleInline, PrimaryContrastInline
from .design import LOCKED_DESIGN, StudyForm, preview
from .layout import fieldsets, unfolded_where_wrong
from .next_steps import steps
from .questionnaire import QuotaInline
from .questions import QuestionInline
from .recruiting import ReturnInline
from .shared.addresses import address
from .shared.saved_first import action_on
from .stimuli import RuleForm, propose
from .translations import TranslationViews, further_languages

LOCKED = ("slug", "presentation", "seed", *LOCKED_DESIGN)
# What decides who may take part stays as it is, once people have begun.
SCREENING = ("set_level", "count_tones", "headphone_check", "headphone_attempts", "headphone_exclusion")
HOW_TO_INVITE = {
    Study.Access.OPEN: "Give the link below to annotators.",
    Study.Access.PERSONAL: "Send each annotator a personal link of his or her own.",
    Study.Access.PANEL: "Give the link below to your recruiter.",
}
MOST_SIMULATED = 50  # at a time from the page; the command simulate_annotators knows no limit


@admin.register(Study)
class StudyAdmin(admin.ModelAdmin):
    """Compose, open, rehearse and watch a study."""

    form = StudyForm
    list_display = ("title", "state", "slug", "people_finished", "annotators_wanted", "created_at")
    list_filter = ("state",)
    search_fields = ("title", "slug", "notes")
    prepopulated_fields = {"slug": ("title",)}
    inlines = (
        QuestionInline,
        ExclusionRuleInline,
        PrimaryContrastInline,
        QuotaInline,
        ReturnInline,
        AdaptiveDesignInline,
    )
    save_on_top = True
    change_form_template = "admin/study/study/change_form.html"

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
        """Ask for little at first, and fold what few studies need."""
        return fieldsets(obj)

    def get_inlines(self, request: HttpRequest, obj: Study | None) -> Sequence[type]:
        """Leave a new study's questions and rules for its page."""
        return self.inlines if obj else ()

    def save_model(self, request: HttpRequest, obj: Study, form: ModelForm, change: bool) -> None:
        """Give a new study texts to begin with, and keep them in keeping with its design."""
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
        """Say what keeps a study, where Django would speak of missing permissions."""
        kept = [reason for study in objs if (reason := _why_kept(study))]
        return ([], {}, set(), kept) if kept else super().get_deleted_objects(objs, request)

    def save_related(
        self, request: HttpRequest, form: ModelForm, formsets: list[BaseFormSet], change: bool
    ) -> None:
        """Record a new version when something changes after opening, and say so."""
        super().save_related(request, form, formsets, change)
        study = form.instance
        if study.state == Study.State.DRAFT:
            return
        before = study.versions.count()
        version = record_version(study)
        if study.versions.count() > before:
            self.message_user(
                request, f"This is version {version.number} now: trials shown from here on cite it."
            )

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
            "people": recruiting.panel(study, request),
            "results": address("results:study", study.slug),
            "export": address("results:export", study.slug),
            "can_change": self.has_change_permission(request, study),
        }

    def get_urls(self) -> list[URLPattern]:
        """Add the addresses of the buttons."""
        buttons = {
            "open": self.open_view,
            "close": self.close_view,
            "preview": self.preview_view,
            "questions": self.add_questions_view,
            "background": self.add_background_view,
            "simulate": self.simulate_view,
            "discard": self.discard_view,
            "copy": self.copy_view,
        }
        own = [
            path(
                f"<int:pk>/{name}/",
                self.admin_site.admin_view(require_POST(self._button(view))),
                name=f"study_study_{name}",
            )
            for name, view in buttons.items()
        ]
        own.append(
            path(
                "<int:pk>/stimuli/", self.admin_site.admin_view(self.stimuli_view), name="study_study_stimuli"
            )
        )
        own += recruiting.RecruitingViews(self, self._of_study).urls()
        own += TranslationViews(self, self._of_study).urls()
        return own + super().get_urls()

    def _of_study(self, view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        """Return a view for people who may change the study, which is given the study."""

        def checked(request: HttpRequest, pk: int, **named: Any) -> HttpResponse:
            study = get_object_or_404(Study, pk=pk)
            if not self.has_change_permission(request, study):
                raise PermissionDenied
            return view(request, study, **named)

        return self.admin_site.admin_view(checked)

    # Buttons ----------------------------------------------------------------------------------

    def _button(
        self, action: Callable[[HttpRequest, Study], HttpResponse | None]
    ) -> Callable[..., HttpResponse]:
        """Return a view that runs what a button does, and tells refusals in words."""

        def view(request: HttpRequest, pk: int) -> HttpResponse:
            study = get_object_or_404(Study, pk=pk)
            if not self.has_change_permission(request, study):
                raise PermissionDenied
            response = None
            try:
                response = action(request, study)
            except StudyNotReady as refused:
                for reason in refused.reasons:
                    self.message_user(request, reason, messages.ERROR)
            except StudyLocked as refused:
                self.message_user(request, str(refused), messages.ERROR)
            return response or HttpResponseRedirect(reverse("admin:study_study_change", args=[pk]))

        return view

    def open_view(self, request: HttpRequest, study: Study) -> None:
        """Let annotators join."""
        open_study(study)
        self.log_change(request, study, "Opened.")
        self.message_user(request, f"The study is open. {HOW_TO_INVITE[study.access]}", messages.SUCCESS)

    def close_view(self, request: HttpRequest, study: Study) -> None:
        """End joining."""
        close_study(study)
        self.log_change(request, study, "Closed.")
        self.message_user(
            request,
            "The study is closed: nobody can join; whoever has consented may still finish.",
            messages.SUCCESS,
        )

    def preview_view(self, request: HttpRequest, study: Study) -> HttpResponse:
        """Go through the study as an annotator whose answers never count."""
        annotator = join(study, rehearsal=True, behaviour=PREVIEW)
        return HttpResponseRedirect(reverse("study:resume", args=[annotator.token]))

    def add_questions_view(self, request: HttpRequest, study: Study) -> None:
        """Add a ready-made set of questions."""
        if study.is_locked:
            raise StudyLocked
        name = request.POST.get("set", "")
        if name not in QUESTION_SETS:
            self.message_user(request, "There is no such set of questions.", messages.ERROR)
            return
        added = add_questions(study, name)
        title = QUESTION_SETS[name].title
        if added:
            self.note_version(study)
            self.log_change(request, study, f"Added questions: {title}.")
            self.message_user(request, f"Added {plural(added, 'question')}: {title}.", messages.SUCCESS)
        else:
            self.message_user(
                request,
                f"“{title}” adds nothing: the study has these questions already, or no stimuli yet that they "
                "could be about, or trials in which they cannot be asked.",
                messages.WARNING,
            )

    def add_background_view(self, request: HttpRequest, study: Study) -> None:
        """Add the ready-made questionnaire."""
        if study.is_locked:
            raise StudyLocked
        added = add_background(study)
        if added:
            self.note_version(study)
            self.log_change(request, study, "Added the background questionnaire.")
            self.message_user(
                request, f"Added {plural(added, 'question')} before the trials.", messages.SUCCESS
            )
        else:
            self.message_user(request, "The study has all of these questions already.", messages.WARNING)

    def simulate_view(self, request: HttpRequest, study: Study) -> None:
        """Rehearse with simulated annotators."""
        problems = opening_problems(study)
        if problems:
            raise StudyNotReady(["The study cannot be rehearsed yet.", *problems])
        number = request.POST.get("number", "")
        if not number.isdecimal() or not 1 <= int(number) <= MOST_SIMULATED:
            self.message_user(
                request, f"Simulate 1 to {MOST_SIMULATED} annotators at a time.", messages.ERROR
            )
            return
        begun = study.annotators.rehearsals().count()
        annotators = rehearsal.simulate(study, int(number), seed=begun)
        self.message_user(request, rehearsal.in_words(annotators), messages.SUCCESS)

    def discard_view(self, request: HttpRequest, study: Study) -> None:
        """Throw the rehearsal away."""
        gone = rehearsal.discard(study)
        self.message_user(
            request, f"Threw away the rehearsal: {plural(gone, 'participation')}.", messages.SUCCESS
        )

    def copy_view(self, request: HttpRequest, study: Study) -> HttpResponse:
        """Make a draft like this study."""
        copy = copy_study(study)
        self.log_addition(request, copy, f"Copied from {study.slug}.")
        words = f"This draft, {copy.slug}, is a copy of “{study}”. Annotators see the same title in both."
        self.message_user(request, words, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:study_study_change", args=[copy.pk]))

    def stimuli_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Choose stimuli by rule: look first, then add."""
        study = get_object_or_404(Study, pk=pk)
        if not self.has_change_permission(request, study):
            raise PermissionDenied
        if study.is_locked:
            self.message_user(request, str(StudyLocked()), messages.WARNING)
            return HttpResponseRedirect(reverse("admin:study_study_change", args=[pk]))
        data = request.POST if request.method == "POST" else request.GET
        form = RuleForm(data if "role" in data else None)
        proposal = propose(study, form) if form.is_bound and form.is_valid() else None
        if request.method == "POST" and proposal:
            added = add_stimuli(study, proposal.chosen(request.POST), role=proposal.role)
            self.note_version(study)
            words = f"Added {plural(added, 'stimulus', 'stimuli')}."
            self.log_change(request, study, words)
            self.message_user(request, words, messages.SUCCESS)
            return HttpResponseRedirect(reverse("admin:study_study_change", args=[pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": f"Add stimuli to “{study}”",
            "opts": self.opts,
            "original": study,
            "form": form,
            "proposal": proposal,
            "media": self.media,
        }
        return TemplateResponse(request, "admin/study/study/stimuli.html", context)

    def note_version(self, study: Study) -> None:
        """Record a new version of a study that has been opened, if anything has changed."""
        if study.state != Study.State.DRAFT:
            record_version(study)


def _why_kept(study: Study) -> str:
    """Return whose participations keep a study from being deleted; nothing where there are none."""
    people = study.annotators.people().count()
    if people:
        return (
            f"“{study}”: {plural(people, 'annotator')}. Close the study instead, or delete their data first."
        )
    if study.annotators.exists():
        return f"“{study}”: its rehearsal. Discard it on the study's page first."
    return ""
