"""The adaptive design within a study's page."""

from django.contrib import admin

from studyserver.study.questions.kind import Answers
from studyserver.study.questions.kinds import kinds_with

from ..models import AdaptiveDesign, Question
from .shared.locked import OwnRowsFormSet, UntilBegunInline


class _NumericQuestions(OwnRowsFormSet):
    own = {
        "question": lambda study: Question.objects.filter(
            study=study.pk, kind__in=kinds_with(Answers.NUMBERS), scope=Question.Scope.CLIP
        )
    }


class AdaptiveDesignInline(UntilBegunInline, admin.StackedInline):
    """One figure that trials are spent on; none: all stimuli are judged equally often."""

    model = AdaptiveDesign
    formset = _NumericQuestions
    max_num = 1
    verbose_name = "adaptive allocation"
    fields = ("question", ("first", "second"), "precision", ("minimum_judgments", "block_size"))
