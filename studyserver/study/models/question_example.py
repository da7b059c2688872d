"""Sound examples that explain a question."""

from django.db import models

from explainer.models import Clip

from .identifiers import random_token
from .question import Question


class QuestionExample(models.Model):
    """A clip that shows annotators what a question means."""

    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="examples")
    clip = models.ForeignKey(
        Clip,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Search by track, condition or target; choose a track that the study does not use. "
        "You can also upload your own clips.",
    )
    label = models.CharField(
        max_length=100,
        help_text="Text beside the example, such as “very harsh”. Do not reveal where the clip comes from.",
    )
    token = models.CharField(max_length=40, default=random_token, unique=True, editable=False)

    class Meta:
        verbose_name = "sound example"
        ordering = ["question", "id"]

    def __str__(self) -> str:
        return self.label
