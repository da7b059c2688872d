"""Slider: a position between a minimum and a maximum."""

from collections.abc import Mapping
from random import Random
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from .kind import AnswerRefused, Answers, Heard, Kind, Options, Shown, Stored, number_in, rating_problem
from .shared.labelled_ends import END_FIELDS, ends_in_words
from .shared.slider_positions import has_positions, shown_number, slider_of, slider_problems

_TOLERANCE = 0.05  # of the range, in attention trials: a phone cannot set fine sliders exactly


class Slider(Kind):
    """A slider; `slider_positions` defines its positions."""

    name = "slider"
    label = "slider"
    answers = Answers.NUMBERS
    is_asked_in_questionnaires = True
    can_be_guarded = True
    can_check_attention = True
    is_continuous = True
    rows = (("least", "most", "step"), ("low", "high"))
    texts = tuple(END_FIELDS)
    fields = {
        "least": forms.FloatField(required=False, label="Minimum"),
        "most": forms.FloatField(required=False, label="Maximum"),
        "step": forms.FloatField(
            required=False,
            label="Step",
            help_text="Distance between two positions of the slider, for example 0.1. "
            "Empty: a hundredth of the range.",
        ),
        **END_FIELDS,
    }

    def option_problems(self, options: Options) -> list[str]:
        return slider_problems(options)

    def level_problems(self, level: str, options: Options) -> list[str]:
        if level == "ratio" and options["min"] < 0:
            return [
                "A ratio scale starts at zero, but this slider has values below: choose the interval level."
            ]
        return []

    def entered(self, options: Options, *, is_new: bool) -> dict[str, Any]:
        ends = {name: options.get(name, "") for name in END_FIELDS}
        least, most = options.get("min", 0 if is_new else None), options.get("max", 100 if is_new else None)
        return {"least": least, "most": most, "step": options.get("step"), **ends}

    def options_from(self, cleaned: Mapping[str, Any]) -> dict[str, Any]:
        ends = {name: cleaned.get(name, "") for name in END_FIELDS}
        numbers = {"min": cleaned.get("least"), "max": cleaned.get("most"), "step": cleaned.get("step")}
        return numbers | ends

    def in_words(self, options: Options) -> str:
        positions = f"slider {options.get('min')} to {options.get('max')}"
        step = self.presented(options).get("step")
        return ", ".join(
            filter(None, [positions, f"in steps of {step}" if step else "", ends_in_words(options)])
        )

    def read(self, options: Options, value: Any, shown: Shown) -> Any:
        number = number_in(value)
        slider = slider_of(options)
        position = slider.snapped(number)
        if position is not None:
            return position
        if not options["min"] <= number <= options["max"]:
            raise AnswerRefused(
                _("The answer must be between %(least)s and %(most)s.")
                % {"least": options["min"], "most": options["max"]}
            )
        if options.get("step") is not None:
            raise AnswerRefused(
                _("The answer must be a position of the slider: %(least)s, %(next)s and so on.")
                % {"least": slider.position(0), "next": slider.position(1)}
            )
        return value

    def number(self, value: Any, shown: Shown) -> float | None:
        return float(value)

    def presented(self, options: Options) -> Options:
        """Add the step, also where none is given."""
        return {**options, "step": slider_of(options).width} if has_positions(options) else options

    def decimals(self, options: Options) -> int:
        return slider_of(options).decimals if has_positions(options) else 0

    def number_beside(self, options: Options, value: Any) -> str:
        return shown_number(options, value)

    def drawn(self, options: Options, rng: Random) -> Any:
        return slider_of(options).at(rng.randint(1, 9) / 10)

    def instruction(self) -> str:
        return _("This page checks attention: please set “%(question)s” to %(answer)s, whatever you hear.")

    def answer_in_words(self, options: Options, value: Any) -> str:
        return shown_number(options, value)

    def agrees(self, options: Options, value: Any, expected: Any) -> bool:
        # At least half a step: older attention trials can ask for a number between two positions.
        width = slider_of(options).width
        tolerance = max(_TOLERANCE * (options["max"] - options["min"]), width / 2)
        return bool(abs(value - expected) <= tolerance + 1e-9)

    def simulated(self, options: Options, heard: Heard, rng: Random, *, required: bool) -> Any:
        return slider_of(options).at(heard.about)

    def filled_in(self, options: Options, rng: Random) -> Any:
        return slider_of(options).at(rng.random())

    def ends(self, options: Options) -> tuple[float, float]:
        return float(options.get("min", 0)), float(options.get("max", 100))

    def problem_with(self, options: Options, stored: Stored) -> str:
        return rating_problem(self.ends(options), stored)
