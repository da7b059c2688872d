"""What is declared before the first answer: research questions and exclusion rules."""

import math
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from explainer.core.clips.conditions import ORIGINAL, UNMASKED, UPLOADED
from explainer.models import Clip, MusicModel
from studyserver.study.questions.kind import Answers
from studyserver.study.questions.research.estimands import ESTIMANDS, Estimand, Meaning, Second
from studyserver.study.questions.research.sentences import Asked, sentence

from .question import Question
from .study import Study


class ExclusionRule(models.Model):
    """A rule that excludes annotators from the results; their answers stay stored."""

    class Measure(models.TextChoices):
        """A figure of one annotator, computed by studyserver.results.tables.annotator_quality."""

        ATTENTION = "attention_failed_share", "share of attention trials failed (0 to 1)"
        HEADPHONES = "headphone_score", "share of the headphone check solved (0 to 1)"
        REFERENCE = (
            "reference_missed_share",
            "share of hidden originals rated below 90 % of the slider (0 to 1)",
        )
        ANCHOR = "anchor_overrated_share", "share of anchors rated above 90 % of the slider (0 to 1)"
        UNHEARD = "unheard_share", "share of clips not heard as far as the study asks (0 to 1)"
        RUSHED = "rushed_share", "share of trials finished before the sound could have ended (0 to 1)"
        SECONDS = "median_trial_seconds", "median time per trial in seconds"
        OTHERS = "correlation_with_others", "correlation with the mean of the others (\N{MINUS SIGN}1 to 1)"
        RUN = "longest_run", "longest run of equal answers, as a share of all (0 to 1)"
        SAME = "most_frequent_share", "share of the most frequent answer (0 to 1)"
        REPEATS = "repeat_distance", "mean distance of repeated answers, as a share of the scale (0 to 1)"

    class Side(models.TextChoices):
        """Side of the limit on which annotators are excluded."""

        ABOVE = "above", "above"
        BELOW = "below", "below"

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="exclusion_rules")
    measure = models.CharField(
        max_length=30, choices=Measure, help_text="The rule does not apply to annotators without this figure."
    )
    excludes = models.CharField("left out if", max_length=5, choices=Side, default=Side.ABOVE)
    limit = models.FloatField(
        help_text="A value equal to the limit does not exclude. ITU-R BS.1534 uses “above 0.15” for missed "
        "references, and for anchors rated above 90 %."
    )

    class Meta:
        ordering = ["study", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["study", "measure", "excludes"], name="exclusion_rule_once_per_study"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_measure_display()} {self.excludes} {self.limit:g}".replace(" -", " \N{MINUS SIGN}")


class ResearchQuestion(models.Model):
    """A question that the study wants answered, declared before the first answer."""

    Estimand: Any = models.TextChoices(
        "Estimand", [(name.upper(), (str(name), meaning.label)) for name, meaning in ESTIMANDS.items()]
    )

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="research_questions")
    position = models.PositiveSmallIntegerField(
        default=0, help_text="Order. The first one is the main question of the study."
    )
    estimand = models.CharField(
        "what is estimated",
        max_length=20,
        choices=Estimand,
        default=Estimand.DIFFERENCE,
        help_text="The quantity that answers the question.",
    )
    question = models.ForeignKey(
        Question,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="research_questions",
        help_text="What annotators are asked. Empty: every question of the study that suits.",
    )
    first = models.CharField(
        "first condition", max_length=30, choices=Clip.Condition, default=Clip.Condition.EVIDENCE
    )
    first_method = models.CharField(
        max_length=100, blank=True, help_text="Only clips of this method. Empty: all methods together."
    )
    second = models.CharField(
        "second condition",
        max_length=30,
        blank=True,
        choices=Clip.Condition,
        default=Clip.Condition.RANDOM_CONTROL,
        help_text="What the first is compared with. Retention and identification can do without.",
    )
    second_method = models.CharField(max_length=100, blank=True)
    music_model = models.ForeignKey(
        MusicModel,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Only clips made from explanations of this model. Empty: all models together.",
    )
    smallest_effect = models.FloatField(
        null=True,
        blank=True,
        help_text="The smallest effect that would matter. Difference and dose: in points of the scale. "
        "Retention: in units of a correlation. Preference: share of pairs above one half (0.1 is 60 %). "
        "Identification: share of clips above guessing or above the second condition. Detection: in units of "
        "d\N{PRIME}. Empty: none is declared.",
    )
    confidence = models.FloatField(
        default=0.95,
        validators=[MinValueValidator(0.5), MaxValueValidator(0.999)],
        help_text="How sure the answer should be: the probability that an interval contains the truth.",
    )

    class Meta:
        ordering = ["study", "position", "id"]

    def __str__(self) -> str:
        return self.sentence

    @property
    def meaning(self) -> Meaning:
        """What is estimated, and what that needs."""
        return ESTIMANDS[self.estimand]

    @property
    def sentence(self) -> str:
        """The question in plain English."""
        asked = self.question
        # A comparison by ear alone needs no quotation of its question.
        says_itself = self.estimand == Estimand.DETECTION and asked and asked.answer_kind.compares_clips
        return sentence(
            Asked(
                self.estimand,
                self.first,
                self.first_method,
                self.second,
                self.second_method,
                text=asked.text if asked and not says_itself else "",
                target=asked.target if asked else "",
                model=self.music_model.name if self.music_model else "",
                smallest=self.smallest_effect,
                finds_intruder=bool(asked) and asked.answer_kind.answers == Answers.ODD_ONE_OUT,
            )
        )

    @property
    def questions(self) -> list[Question]:
        """The study's questions that can answer it: the one that is named, or all that suit."""
        if self.question:
            return [self.question]
        return [asked for asked in self.study.questions.all() if asked.kind in self.meaning.suitable]

    def clean(self) -> None:
        """Raise `ValidationError` if it cannot be answered, with words that say what to do."""
        if self.estimand not in ESTIMANDS:
            return  # the field says so
        if self.meaning.second == Second.NONE:
            self.second = self.second_method = ""
        problems = research_problems(self)
        if problems:
            raise ValidationError(problems)


def research_problems(asked: ResearchQuestion) -> dict[str, str]:
    """Return why a research question cannot be answered, by field; empty if it can."""
    first, second = (asked.first, asked.first_method), (asked.second, asked.second_method)
    problems: dict[str, str] = {}
    if asked.meaning.second == Second.NEEDED and not asked.second:
        problems["second"] = "Choose the condition that the first one is compared with."
    elif first == second:
        problems["second"] = "A condition cannot be compared with itself: choose two different ones."
    problems |= _condition_problems(asked)
    question = asked.question
    if question and question.study_id != asked.study_id:
        problems["question"] = "This question belongs to another study."
    elif question and question.kind not in asked.meaning.suitable:
        problems["question"] = (
            f"“{question.text}” is answered by: {question.answer_kind.label}. “{asked.meaning.label}” needs: "
            f"{asked.meaning.suitable_in_words}. Choose another question, or estimate something else."
        )
    elif question and question.answer_kind.answers == Answers.ODD_ONE_OUT and asked.second:
        problems["second"] = (
            "How often the clip that does not belong is found is compared with guessing: leave this empty. "
            "Declare a further research question about the other condition."
        )
    least = asked.smallest_effect
    if least is not None and not 0 < least <= (asked.meaning.most or math.inf):
        most = f" of at most {asked.meaning.most:g}" if asked.meaning.most else ""
        problems["smallest_effect"] = (
            f"Enter a positive number{most} ({asked.meaning.unit}), or leave it empty."
        )
    return problems


def _condition_problems(asked: ResearchQuestion) -> dict[str, str]:
    """Return what is wrong with the conditions of one estimand."""
    sides = [name for name in ("first", "second") if getattr(asked, name)]
    if asked.estimand == Estimand.RETENTION:
        return {
            name: "Retention is measured against the original, which keeps all of itself: choose another "
            "condition."
            for name in sides
            if getattr(asked, name) == ORIGINAL
        }
    if asked.estimand == Estimand.IDENTIFICATION:
        return {
            name: "These clips are made for no target that could be named: choose a condition with a target, "
            "such as evidence."
            for name in sides
            if getattr(asked, name) in UNMASKED
        }
    if asked.estimand == Estimand.DOSE and (asked.first in UNMASKED or asked.first == UPLOADED):
        return {
            "first": "These clips hold no number of segments: choose a condition that does, such as evidence."
        }
    return {}
