"""What belongs to a study and may change until people have trials: questions, questionnaire pages."""

from typing import Any

from django.contrib.admin import ModelAdmin
from django.db.models import Field, Model
from django.forms import Field as FormField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from studyserver.study.design.stimuli import StudyLocked
from studyserver.study.models import Study

from .locked import UntilBegun, is_locked


class PartOfStudyAdmin(UntilBegun, ModelAdmin):
    """Mixed into the admin of a row with a ``study``: says when it is locked, and leads back to the study."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Reached through its study, not from the index."""
        return False

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show why it cannot be changed."""
        part = self.get_object(request, object_id) if object_id else None
        if is_locked(part) and request.method == "GET":
            self.message_user(request, str(StudyLocked()), level="warning")
        return super().changeform_view(request, object_id, form_url, extra_context)

    def formfield_for_dbfield(self, db_field: Field, request: HttpRequest, **kwargs: Any) -> FormField | None:
        """Offer only studies whose questions may still change, and no icons that lead away from the form."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "study" and field is not None:
            locked = [study.pk for study in Study.objects.all() if study.is_locked]
            field.queryset = Study.objects.exclude(pk__in=locked)
            widget = field.widget
            widget.can_add_related = widget.can_change_related = widget.can_view_related = False
        return field

    def response_post_save_add(self, request: HttpRequest, obj: Model) -> HttpResponse:
        """Go back to the study."""
        return HttpResponseRedirect(reverse("admin:study_study_change", args=[obj.study_id]))

    response_post_save_change = response_post_save_add

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: str) -> HttpResponse:
        """Go back to the studies."""
        super().response_delete(request, obj_display, obj_id)
        return HttpResponseRedirect(reverse("admin:study_study_changelist"))
