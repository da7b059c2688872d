"""Valence-arousal plane: a point with two coordinates (Russell, 1980)."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from .kind import AnswerRefused, Answers, Heard, Kind, Measure, Options, Shown, Stored, line_problem
from .shared.labelled_ends import END_FIELDS
from .shared.slider_positions import slider_of
from .slider import Slider

AXES = ("valence", "arousal")
# The labels of the two ends of each axis, the low one first.
_ENDS = {"valence": ("left", "right"), "arousal": ("bottom", "top")}
_RANGE = {"min": -1, "max": 1, "step": None}
_WORDS = ("left", "right", "bottom", "top", "valence_target", "arousal_target")
_SLIDER = Slider()


class Plane(Kind):
    """A point between unpleasant and pleasant, calm and excited."""

    name = "plane"
    label = "valence-arousal plane"
    answers = Answers.SEVERAL_NUMBERS
    can_be_guarded = True
    script = "study/kinds/plane.js"
    style = "study/kinds/plane.css"
    texts = _WORDS[:4]
    rows = (
        ("left", "right"),
        ("bottom", "top"),
        ("plane_min", "plane_max", "plane_step"),
        ("valence_target", "arousal_target"),
    )
    fields = {
        "left": forms.CharField(required=False, max_length=60, label="Label of low valence"),
        "right": forms.CharField(required=False, max_length=60, label="Label of high valence"),
        "bottom": forms.CharField(required=False, max_length=60, label="Label of low arousal"),
        "top": forms.CharField(
            required=False,
            max_length=60,
            label="Label of high arousal",
            help_text="Empty: unpleasant, pleasant, calm and excited, in the annotator's language.",
        ),
        "plane_min": forms.FloatField(required=False, label="Minimum of both axes"),
        "plane_max": forms.FloatField(required=False, label="Maximum of both axes"),
        "plane_step": forms.FloatField(
            required=False, label="Step of both axes", help_text="Empty: a hundredth of the range."
        ),
        "valence_target": forms.CharField(required=False, max_length=100, label="Target of valence"),
        "arousal_target": forms.CharField(
            required=False,
            max_length=100,
            label="Target of arousal",
            help_text="The model's targets of valence and arousal, if the model has them.",
        ),
    }

    def option_problems(self, options: Options) -> list[str]:
        problems = _SLIDER.option_problems(self._axis(options))
        problems += [line_problem(name.replace("_", " "), options.get(name, "")) for name in _WORDS]
        return [problem.replace("slider", "plane") for problem in problems if problem][:1]

    def level_problems(self, level: str, options: Options) -> list[str]:
        return _SLIDER.level_problems(level, self._axis(options))

    def entered(self, options: Options, *, is_new: bool) -> dict[str, Any]:
        numbers = {
            f"plane_{name}": options.get(name, proposed if is_new else None)
            for name, proposed in _RANGE.items()
        }
        return {name: options.get(name, "") for name in _WORDS} | numbers

    def options_from(self, cleaned: Mapping[str, Any]) -> dict[str, Any]:
        numbers = {name: cleaned.get(f"plane_{name}") for name in _RANGE}
        return numbers | {name: cleaned.get(name) or None for name in _WORDS}

    def in_words(self, options: Options) -> str:
        axis = self._axis(options)
        return f"{self.label}, {axis['min']} to {axis['max']}"

    def measures(self, options: Any) -> dict[str, Measure]:
        return {
            axis: Measure(
                kind=_SLIDER.name,
                options=_SLIDER.presented(self._axis(options, axis)),
                label=axis,
                target=str(options.get(f"{axis}_target") or ""),
            )
            for axis in AXES
        }

    def read(self, options: Options, value: Any, shown: Shown) -> Any:
        if not isinstance(value, dict) or set(value) != set(AXES):
            raise AnswerRefused(_("The answer must be a point with valence and arousal."))
        # Keys are sorted as PostgreSQL stores them, so that browsers get back exactly what they sent.
        return {axis: _SLIDER.read(self._axis(options), value[axis], shown) for axis in sorted(AXES)}

    def presented(self, options: Options) -> Options:
        return {**options, **_SLIDER.presented(self._axis(options))}

    def decimals(self, options: Options) -> int:
        return _SLIDER.decimals(self._axis(options))

    def page(self, options: Options, labels: Sequence[str]) -> dict[str, Any]:
        words = {"left": _("unpleasant"), "right": _("pleasant"), "bottom": _("calm"), "top": _("excited")}
        words |= {name: options[name] for name in words if options.get(name)}
        axes = [{"name": axis, "low": words[low], "high": words[high]} for axis, (low, high) in _ENDS.items()]
        return {"ends": words, "axes": axes}

    def simulated(self, options: Options, heard: Heard, rng: Random, *, required: bool) -> Any:
        positions = slider_of(self._axis(options))
        return {axis: positions.at(heard.of_measures[axis]) for axis in AXES}

    def problem_with(self, options: Options, stored: Stored) -> str:
        try:
            self.read(options, stored.value, Shown())
        except AnswerRefused:
            low, high = _SLIDER.ends(self._axis(options))
            return f"a point with valence and arousal from {low:g} to {high:g} is expected"
        return "" if stored.number is None else "a point must not have a number beside it"

    def _axis(self, options: Any, axis: str = "") -> Options:
        """Return the options of a slider along one axis; both have the same positions."""
        numbers = {
            name: proposed if options.get(name) is None else options[name]
            for name, proposed in _RANGE.items()
        }
        ends = zip(END_FIELDS, _ENDS.get(axis, ()), strict=False)
        return numbers | {end: options[name] for end, name in ends if options.get(name)}
