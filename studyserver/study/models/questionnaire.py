"""Questionnaires: questions about the annotator, before or after the trials."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import RowNumber

from explainer.models import IDENTIFIER
from studyserver.study.questions.item_kinds import ITEM_KINDS
from studyserver.study.questions.kind import Kind as AnswerKind

from .annotator import Annotator
from .study import Study


class QuestionnairePage(models.Model):
    """A page of the questionnaire."""

    class Place(models.TextChoices):
        """When the page is shown."""

        BEFORE = "before", "before the trials"
        AFTER = "after", "after the trials"

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="questionnaire_pages")
    place = models.CharField(max_length=10, choices=Place, default=Place.BEFORE)
    position = models.PositiveSmallIntegerField(default=1, help_text="Order of the pages.")
    title = models.CharField(max_length=200, blank=True, help_text="Empty: “About you”.")
    introduction = models.TextField(blank=True, help_text="Text above the questions.")

    class Meta:
        ordering = ["study", "-place", "position", "id"]

    def __str__(self) -> str:
        return f"{self.title or 'About you'} ({self.get_place_display()})"


class QuestionnaireItem(models.Model):
    """One question of a questionnaire page."""

    Kind: Any = models.TextChoices(
        "Kind", [(kind.name.upper(), (kind.name, kind.label)) for kind in ITEM_KINDS.values()]
    )

    page = models.ForeignKey(QuestionnairePage, on_delete=models.CASCADE, related_name="items")
    position = models.PositiveSmallIntegerField(default=1)
    key = models.CharField(
        max_length=60, validators=[IDENTIFIER], help_text="Name of the question in exports."
    )
    text = models.CharField(max_length=300)
    help_text = models.TextField(blank=True)
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.CHOICE)
    options = models.JSONField(default=dict, blank=True)
    required = models.BooleanField(default=True)
    shown_if_key = models.CharField(
        "shown only if",
        max_length=60,
        blank=True,
        help_text="Key of an earlier question. Empty: always shown.",
    )
    shown_if = models.CharField(
        "is answered",
        max_length=200,
        blank=True,
        help_text="Values separated by commas, or comparisons: “yes, sometimes”, “>= 3”, “18 to 30”.",
    )
    screen_out_if = models.CharField(
        max_length=200,
        blank=True,
        help_text="Answers that end the study here, written in the same way. Empty: no answer ends it.",
    )

    class Meta:
        ordering = ["page", "position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["page", "key"], name="questionnaire_key_once_per_page")
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def answer_kind(self) -> AnswerKind:
        """The kind's object, which defines options and answers."""
        return ITEM_KINDS[self.kind]

    def clean(self) -> None:
        """Raise `ValidationError` if options, condition or rule cannot work."""
        from studyserver.study.questions.item_kinds import item_problems

        problems = item_problems(self)
        if problems:
            raise ValidationError(problems)


class QuestionnaireAnswerQuerySet(models.QuerySet):
    """Selections of answers."""

    def current(self) -> "QuestionnaireAnswerQuerySet":
        """Return the answers that count: the last one of each annotator to each question."""
        newest_first = models.Window(
            RowNumber(), partition_by=["annotator", "item"], order_by=[models.F("id").desc()]
        )
        return self.annotate(age=newest_first).filter(age=1)


class QuestionnaireAnswer(models.Model):
    """One answer to a question of the questionnaire; a changed answer is a further row."""

    annotator = models.ForeignKey(Annotator, on_delete=models.CASCADE, related_name="questionnaire_answers")
    item = models.ForeignKey(QuestionnaireItem, on_delete=models.PROTECT, related_name="answers")
    value = models.JSONField(null=True, help_text="Format depends on the kind; null: the answer was removed.")
    number = models.FloatField(null=True, help_text="The value as a number, where it has one.")
    stored_at = models.DateTimeField(auto_now_add=True)

    objects = QuestionnaireAnswerQuerySet.as_manager()

    class Meta:
        ordering = ["annotator", "id"]
        indexes = [models.Index(fields=["annotator", "item"])]

    def __str__(self) -> str:
        return f"{self.annotator} {self.item.key}: {self.value}"


class Quota(models.Model):
    """The maximum number of annotators of one group."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="quotas")
    name = models.CharField(max_length=100, help_text="For example: musicians. Never shown to annotators.")
    item = models.ForeignKey(
        QuestionnaireItem,
        on_delete=models.CASCADE,
        related_name="quotas",
        verbose_name="question",
        help_text="A question asked before the trials.",
    )
    rule = models.CharField(
        "answered", max_length=200, help_text="Answers of this group: “yes”, “>= 5”, “18 to 30”."
    )
    limit = models.PositiveIntegerField(help_text="Maximum number of annotators.")
    members = models.ManyToManyField(Annotator, related_name="quotas", editable=False)

    class Meta:
        ordering = ["study", "id"]
        constraints = [models.UniqueConstraint(fields=["study", "name"], name="quota_name_once_per_study")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Raise `ValidationError` if the rule is invalid or no answer can meet it."""
        from studyserver.study.questions.item_kinds import unmet_rule
        from studyserver.study.questions.shared.rules import rule_problem

        problem = rule_problem(self.rule)
        problems = [problem] if problem else unmet_rule(self.rule, self.item) if self.item_id else []
        if problems:
            raise ValidationError({"rule": problems})
