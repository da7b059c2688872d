"""The analysis declared before the first answer: exclusion rules and primary contrasts."""

from django.core.exceptions import ValidationError
from django.db import models

from explainer.models import Clip

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


class PrimaryContrast(models.Model):
    """A comparison declared in advance; Holm's correction covers all primary contrasts of a study."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="primary_contrasts")
    question = models.ForeignKey(
        Question,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="primary_contrasts",
        help_text="Empty: every question with numbers as answers.",
    )
    first = models.CharField(max_length=30, choices=Clip.Condition, default=Clip.Condition.EVIDENCE)
    first_method = models.CharField(
        max_length=100, blank=True, help_text="Only clips of this method. Empty: all methods together."
    )
    second = models.CharField(max_length=30, choices=Clip.Condition, default=Clip.Condition.RANDOM_CONTROL)
    second_method = models.CharField(max_length=100, blank=True)

    class Meta:
        ordering = ["study", "id"]

    def __str__(self) -> str:
        sides = ((self.first, self.first_method), (self.second, self.second_method))
        return " against ".join(" ".join(filter(None, side)).replace("_", " ") for side in sides)

    def clean(self) -> None:
        """Raise `ValidationError` if the two sides cannot be compared."""
        if (self.first, self.first_method) == (self.second, self.second_method):
            raise ValidationError("A condition cannot be compared with itself: choose two different ones.")
        if self.question_id and self.question.study_id != self.study_id:
            raise ValidationError({"question": "This question belongs to another study."})
