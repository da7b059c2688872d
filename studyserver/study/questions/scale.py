"""Rating scale: one of 2 to 11 points."""

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from .kind import (
    AnswerRefused,
    Answers,
    Heard,
    Kind,
    Options,
    Shown,
    Stored,
    line_problem,
    number_in,
    rating_problem,
)
from .shared.labelled_ends import END_FIELDS, ends_in_words

MOST_POINTS = 11


class Scale(Kind):
    """A rating scale."""

    name = "scale"
    label = "rating scale"
    answers = Answers.NUMBERS
    is_asked_in_questionnaires = True
    can_be_guarded = True
    can_check_attention = True
    rows = (("low", "high"),)
    texts = tuple(END_FIELDS)
    fields = {
        "points": forms.IntegerField(
            required=False, min_value=2, max_value=MOST_POINTS, label="Points", help_text="2 to 11."
        ),
        **END_FIELDS,
        "labels": forms.CharField(
            required=False,
            widget=forms.Textarea(attrs={"rows": 5}),
            label="Labels of the points",
            help_text="One label per line, for every point. Replaces the labels at the ends.",
        ),
    }

    def option_problems(self, options: Options) -> list[str]:
        points = options.get("points")
        if isinstance(points, bool) or not isinstance(points, int) or not 2 <= points <= MOST_POINTS:
            return [f"Set the number of points of the rating scale, 2 to {MOST_POINTS}, for example 7."]
        labels = options.get("labels")
        if labels is not None and (not isinstance(labels, list) or len(labels) != points):
            return [f"Write {points} labels, one for every point, or no labels."]
        return [problem for label in labels or [] if (problem := line_problem("label", label))][:1]

    def entered(self, options: Options, *, is_new: bool) -> dict[str, Any]:
        ends = {name: options.get(name, "") for name in END_FIELDS}
        labels = "\n".join(options.get("labels") or [])
        return {"points": options.get("points", 7 if is_new else None), **ends, "labels": labels}

    def options_from(self, cleaned: Mapping[str, Any]) -> dict[str, Any]:
        labels = [line.strip() for line in cleaned.get("labels", "").splitlines() if line.strip()]
        ends = {name: cleaned.get(name, "") for name in END_FIELDS}
        return {"points": cleaned.get("points"), **ends, "labels": labels or None}

    def in_words(self, options: Options) -> str:
        points = f"{options.get('points', '?')} points"
        return ", ".join(filter(None, [points, ends_in_words(options)]))

    def with_texts(self, options: Options, change: Callable[[str], str]) -> dict[str, Any]:
        changed = super().with_texts(options, change)
        if options.get("labels"):
            changed["labels"] = [change(str(label)) for label in options["labels"]]
        return changed

    def read(self, options: Options, value: Any, shown: Shown) -> Any:
        number = number_in(value)
        if not number.is_integer() or not 1 <= number <= options["points"]:
            raise AnswerRefused(
                _("The answer must be a whole number from 1 to %(most)d.") % {"most": options["points"]}
            )
        return int(number)

    def number(self, value: Any, shown: Shown) -> float | None:
        return float(value)

    def page(self, options: Options, labels: Sequence[str]) -> dict[str, Any]:
        return {"points": range(1, options.get("points", 0) + 1)}

    def drawn(self, options: Options, rng: Random) -> Any:
        return rng.randint(1, options["points"])

    def answer_in_words(self, options: Options, value: Any) -> str:
        return options["labels"][value - 1] if options.get("labels") else str(value)

    def simulated(self, options: Options, heard: Heard, rng: Random, *, required: bool) -> Any:
        return 1 + round(heard.about * (options["points"] - 1))

    def points(self, options: Options) -> dict[float, str]:
        low, high = self.ends(options)
        return {float(point): str(point) for point in range(int(low), int(high) + 1)}

    def ends(self, options: Options) -> tuple[float, float]:
        return 1.0, float(options.get("points", 5))

    def problem_with(self, options: Options, stored: Stored) -> str:
        problem = rating_problem(self.ends(options), stored)
        if problem or float(stored.value).is_integer():
            return problem
        return "a whole number is expected"
