"""Number: a typed number, in questionnaires only."""

import math
from collections.abc import Mapping
from random import Random
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from .kind import AnswerRefused, Answers, Kind, Options, Shown
from .shared.slider_positions import slider_of


class Number(Kind):
    """A number."""

    name = "number"
    label = "number"
    answers = Answers.NUMBERS
    is_asked_in_questionnaires = True
    rows = (("least", "most", "unit"),)
    texts = ("unit",)
    fields = {
        "least": forms.FloatField(required=False, label="Minimum"),
        "most": forms.FloatField(required=False, label="Maximum"),
        "unit": forms.CharField(required=False, max_length=30, label="Unit", help_text="For example: years."),
    }

    def option_problems(self, options: Options) -> list[str]:
        least, most = options.get("min"), options.get("max")
        if any(
            bound is not None and (isinstance(bound, bool) or not isinstance(bound, int | float))
            for bound in (least, most)
        ):
            return ["Minimum and maximum must be numbers or empty."]
        if least is not None and most is not None and least > most:
            return ["The minimum is greater than the maximum: change one of them."]
        return []

    def entered(self, options: Options, *, is_new: bool) -> dict[str, Any]:
        return {"least": options.get("min"), "most": options.get("max"), "unit": options.get("unit", "")}

    def options_from(self, cleaned: Mapping[str, Any]) -> dict[str, Any]:
        given = {"min": cleaned.get("least"), "max": cleaned.get("most"), "unit": cleaned.get("unit")}
        return {name: value for name, value in given.items() if value not in (None, "")}

    def read(self, options: Options, value: Any, shown: Shown) -> Any:
        low = options.get("min", float("-inf"))
        high = options.get("max", float("inf"))
        if isinstance(value, bool) or not isinstance(value, int | float) or not -1e15 < value < 1e15:
            raise AnswerRefused(_("Please enter a number."))
        if not low <= value <= high:
            if "min" in options and "max" in options:
                sentence = _("Please enter a number from %(least)s to %(most)s.")
            elif "min" in options:
                sentence = _("Please enter a number of at least %(least)s.")
            else:
                sentence = _("Please enter a number of at most %(most)s.")
            raise AnswerRefused(sentence % {"least": options.get("min"), "most": options.get("max")})
        return int(value) if float(value).is_integer() else value

    def number(self, value: Any, shown: Shown) -> float | None:
        return float(value)

    def filled_in(self, options: Options, rng: Random) -> Any:
        """Return a number within the limits, a whole number if there are at least ten of them."""
        low = options.get("min", min(0, options.get("max", 0)))
        high = min(options.get("max", low + 100), low + 100)
        if not low < high:
            return low
        first, last = math.ceil(low), math.floor(high)
        whole = {"min": first, "max": last, "step": 1}
        return slider_of(whole if last - first >= 10 else {"min": low, "max": high}).at(rng.random())
