"""What annotators have done: shown in the admin, never changed there."""

from collections.abc import Iterable

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from explainer.core.base.counting import plural
from studyserver.study.sessions.withdrawal import delete_answers

from ..models import Annotator, Judgment, Study, Trial
from .shared.filters import NamedValues


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows that no researcher can add, change or delete."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse."""
        return False

    has_change_permission = has_delete_permission = has_add_permission


@admin.register(Annotator)
class AnnotatorAdmin(ReadOnlyAdmin):
    """Participations; deleted only at an annotator's own request."""

    list_display = (
        "pseudonym", "how_far", "trials_done", "rehearsal", "behaviour", "joined_at", "finished_at",
        "expires_at", "study",
    )  # fmt: skip
    list_filter = (
        "study", "state", "rehearsal", "answers_discarded", ("device_family", NamedValues), "language",
        "machine_translated",
    )  # fmt: skip
    search_fields = ("pseudonym", "completion_code", "deletion_code")
    # Not the token, with which researchers could answer in the annotator's name.
    fields = (
        *("study", "pseudonym", "how_far", "ended_because", "trials_done", "completion_code"),
        *("joined_at", "consented_at", "finished_at", "withdrawn_at", "expires_at"),
        *("language", "machine_translated", "device_family", "sound_check"),
        *("rehearsal", "behaviour", "answers_discarded"),
    )
    readonly_fields = fields
    actions = ("free_places",)

    @admin.display(description="state", ordering="state")
    def how_far(self, annotator: Annotator) -> str:
        """Return the state, or that the time to finish is over."""
        return "time over" if annotator.time_is_over() else annotator.get_state_display()

    @admin.display(description="trials")
    def trials_done(self, annotator: Annotator) -> str:
        """Return how far the annotator has come."""
        return f"{annotator.trials.exclude(finished_at=None).count()} of {annotator.trials.count()}"

    @admin.action(description="Free the places of those who have not finished", permissions=["view"])
    def free_places(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Let sessions that were returned or given up expire now; their answers stay."""
        now = timezone.now()
        going_on = queryset.filter(
            state__in=[Annotator.State.JOINED, Annotator.State.ACTIVE], expires_at__gt=now
        )
        freed = going_on.update(expires_at=now)
        self.message_user(request, f"Freed {plural(freed, 'place')}. Freed sessions cannot be resumed.")

    def has_delete_permission(self, request: HttpRequest, obj: Annotator | None = None) -> bool:
        """Allow deletion, for annotators who ask for it."""
        return admin.ModelAdmin.has_delete_permission(self, request, obj)

    def get_deleted_objects(
        self, objs: Iterable[Annotator], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """List what is deleted: the annotator with all trials and answers."""
        annotators = list(objs)
        texts = []
        for annotator in annotators:
            judgments = Judgment.objects.filter(trial__annotator=annotator).count()
            texts.append(
                f"{annotator} of “{annotator.study}”, with all trials and {judgments} answers, for good"
            )
        return texts, {"annotators": len(annotators)}, set(), []

    def log_deletions(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Log the study, never the annotator: pseudonyms are in published exports."""
        for study in Study.objects.filter(annotators__in=queryset).distinct():
            self.log_change(request, study, "Deleted data of annotators on request.")

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: str) -> HttpResponse:
        """Go back to the list, which Django shows only to those who may change rows."""
        super().response_delete(request, obj_display, obj_id)
        return HttpResponseRedirect(reverse("admin:study_annotator_changelist"))

    def delete_model(self, request: HttpRequest, obj: Annotator) -> None:
        """Delete everything, and log that it was asked for."""
        delete_answers(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Delete everything of several annotators."""
        for annotator in queryset:
            delete_answers(annotator)


@admin.register(Trial)
class TrialAdmin(ReadOnlyAdmin):
    """What was presented, in which order."""

    list_display = ("annotator", "position", "kind", "clips", "presented_at", "finished_at")
    list_filter = ("annotator__study", "kind", "annotator__rehearsal")
    search_fields = ("annotator__pseudonym",)
    list_select_related = ("annotator",)
    exclude = ("token",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Fetch the clips along."""
        clips = "presentations__stimulus__clip"
        return super().get_queryset(request).prefetch_related(f"{clips}__track", f"{clips}__excerpt")

    @admin.display(description="clips")
    def clips(self, trial: Trial) -> str:
        """Return what was heard."""
        return ", ".join(str(item.stimulus.clip) for item in trial.presentations.all())


@admin.register(Judgment)
class JudgmentAdmin(ReadOnlyAdmin):
    """Every answer as it came in; the last one to a question counts."""

    list_display = ("annotator", "trial_position", "question", "value", "sequence", "stored_at")
    list_filter = ("trial__annotator__study", "question__key", "trial__annotator__rehearsal")
    search_fields = ("trial__annotator__pseudonym",)
    list_select_related = ("trial__annotator", "question")
    show_full_result_count = False

    @admin.display(ordering="trial__annotator__pseudonym")
    def annotator(self, judgment: Judgment) -> Annotator:
        """Return who answered."""
        return judgment.trial.annotator

    @admin.display(ordering="trial__position", description="trial")
    def trial_position(self, judgment: Judgment) -> int:
        """Return where in the session it was."""
        return judgment.trial.position
