"""The buttons of a study's page: opening, closing, rehearsing, adding questions, copying."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.views.decorators.http import require_POST

from explainer.core.base.counting import plural
from studyserver.study.design.stimuli import StudyLocked
from studyserver.study.lifecycle.copying import copy_study
from studyserver.study.lifecycle.opening import StudyNotReady, close_study, open_study, opening_problems
from studyserver.study.lifecycle.versions import record_change
from studyserver.study.rehearsal import rehearsal
from studyserver.study.rehearsal.truth import TRUTHS
from studyserver.study.sessions.joining import join
from studyserver.study.texts.question_sets import QUESTION_SETS, add_questions

from ..models import PREVIEW, Study
from ..screening.background import add_background
from .shared.study_views import StudyViews

HOW_TO_INVITE = {
    Study.Access.OPEN: "Give the link below to annotators.",
    Study.Access.PERSONAL: "Send each annotator a personal link.",
    Study.Access.PANEL: "Give the link below to your recruiter.",
}
MOST_SIMULATED = 50  # at a time from the page; the command simulate_annotators knows no limit


class StudyButtons(StudyViews):
    """Actions on one study; each leads back to the study's page unless it returns another one."""

    def urls(self) -> list[URLPattern]:
        """Return the addresses."""
        buttons = {
            "open": self.open,
            "close": self.close,
            "preview": self.preview,
            "questions": self.add_questions,
            "background": self.add_background,
            "simulate": self.simulate,
            "discard": self.discard,
            "copy": self.copy,
        }
        return [self.path(name, self._button(action)) for name, action in buttons.items()]

    def _button(
        self, action: Callable[[HttpRequest, Study], HttpResponse | None]
    ) -> Callable[..., HttpResponse]:
        """Return a view that runs what a button does, and tells refusals in words."""

        @require_POST
        def view(request: HttpRequest, study: Study) -> HttpResponse:
            response = None
            try:
                response = action(request, study)
            except StudyNotReady as refused:
                for reason in refused.reasons:
                    self.refuse(request, reason)
            except StudyLocked as refused:
                self.refuse(request, str(refused))
            return response or self.to_study(study)

        return view

    def open(self, request: HttpRequest, study: Study) -> None:
        """Let annotators join."""
        open_study(study)
        self.done(request, study, f"The study is open. {HOW_TO_INVITE[study.access]}", "Opened.")

    def close(self, request: HttpRequest, study: Study) -> None:
        """End joining."""
        close_study(study)
        words = "The study is closed to new annotators; those who have consented may still finish."
        self.done(request, study, words, "Closed.")

    def preview(self, request: HttpRequest, study: Study) -> HttpResponse:
        """Go through the study as an annotator whose answers never count."""
        annotator = join(study, rehearsal=True, behaviour=PREVIEW)
        return HttpResponseRedirect(reverse("study:resume", args=[annotator.token]))

    def add_questions(self, request: HttpRequest, study: Study) -> None:
        """Add a ready-made set of questions."""
        if study.is_locked:
            raise StudyLocked
        name = request.POST.get("set", "")
        if name not in QUESTION_SETS:
            self.refuse(request, "This set of questions does not exist.")
            return
        added = add_questions(study, name)
        title = QUESTION_SETS[name].title
        if added:
            record_change(study)
            words = f"Added {plural(added, 'question')}: {title}."
            self.done(request, study, words, f"Added questions: {title}.")
        else:
            words = (
                f"“{title}” adds nothing: the study has these questions already, or no stimuli yet that they "
                "could be about, or trials in which they cannot be asked."
            )
            self.refuse(request, words, messages.WARNING)

    def add_background(self, request: HttpRequest, study: Study) -> None:
        """Add the ready-made questionnaire."""
        if study.is_locked:
            raise StudyLocked
        added = add_background(study)
        if added:
            record_change(study)
            words = f"Added {plural(added, 'question')} before the trials."
            self.done(request, study, words, "Added the background questionnaire.")
        else:
            self.refuse(request, "The study has all of these questions already.", messages.WARNING)

    def simulate(self, request: HttpRequest, study: Study) -> None:
        """Rehearse with simulated annotators."""
        problems = opening_problems(study)
        if problems:
            raise StudyNotReady(["The study cannot be rehearsed yet.", *problems])
        number = request.POST.get("number", "")
        if not number.isdecimal() or not 1 <= int(number) <= MOST_SIMULATED:
            self.refuse(request, f"Simulate 1 to {MOST_SIMULATED} annotators at a time.")
            return
        truth = request.POST.get("truth", "")
        begun = study.annotators.rehearsals().count()
        annotators = rehearsal.simulate(
            study, int(number), seed=begun, truth=truth if truth in TRUTHS else ""
        )
        self.admin.message_user(request, rehearsal.in_words(annotators), messages.SUCCESS)

    def discard(self, request: HttpRequest, study: Study) -> None:
        """Delete the rehearsal."""
        gone = rehearsal.discard(study)
        words = f"Deleted the rehearsal: {plural(gone, 'participation')}."
        self.admin.message_user(request, words, messages.SUCCESS)

    def copy(self, request: HttpRequest, study: Study) -> HttpResponse:
        """Make a draft like this study."""
        copy = copy_study(study)
        self.admin.log_addition(request, copy, f"Copied from {study.slug}.")
        words = f"This draft, {copy.slug}, is a copy of “{study}”. Annotators see the same title in both."
        self.admin.message_user(request, words, messages.SUCCESS)
        return self.to_study(copy)
