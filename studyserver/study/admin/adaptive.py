"""The adaptive design within a study's page."""

from django.contrib import admin
from django.forms import ModelForm
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest

from studyserver.study.questions.kind import Answers
from studyserver.study.questions.kinds import kinds_with

from ..models import AdaptiveDesign, Question, Study


class _OwnQuestions(BaseInlineFormSet):
    """Offers the study's own questions that are answered by a number."""

    def add_fields(self, form: ModelForm, index: int | None) -> None:
        super().add_fields(form, index)
        numeric = kinds_with(Answers.NUMBERS)
        own = Question.objects.filter(kind__in=numeric, scope=Question.Scope.CLIP)
        form.fields["question"].queryset = (
            own.filter(study=self.instance.pk) if self.instance.pk else own.none()
        )


class AdaptiveDesignInline(admin.StackedInline):
    """One figure that trials are spent on; none: all stimuli are judged equally often."""

    model = AdaptiveDesign
    formset = _OwnQuestions
    classes = ("collapse",)
    extra = 0
    max_num = 1
    verbose_name = "adaptive allocation"
    fields = ("question", ("first", "second"), "precision", ("minimum_judgments", "block_size"))

    def has_change_permission(self, request: HttpRequest, obj: Study | None = None) -> bool:
        """Keep the design once people have been given trials."""
        return super().has_change_permission(request, obj) and not (obj and obj.is_locked)

    def has_add_permission(self, request: HttpRequest, obj: Study | None = None) -> bool:
        """Declare it before people have been given trials."""
        return super().has_add_permission(request, obj) and not (obj and obj.is_locked)

    def has_delete_permission(self, request: HttpRequest, obj: Study | None = None) -> bool:
        """Keep the design once people have been given trials."""
        return super().has_delete_permission(request, obj) and not (obj and obj.is_locked)
