"""Presence: clearly, somewhat, not heard or cannot tell, with confidence."""

from random import Random
from typing import Any

from django.utils.translation import gettext as _

from .kind import AnswerRefused, Answers, Heard, Kind, Options, Shown, Stored, is_number, number_in

NUMBERS = {"clear": 2.0, "some": 1.0, "none": 0.0, "unsure": None}
CONFIDENCES = range(1, 6)
_WORDS = {"none": "not heard", "some": "somewhat", "clear": "clearly", "unsure": "cannot tell"}


class Presence(Kind):
    """A judgment whether something can be heard, with confidence."""

    name = "presence"
    label = "presence with confidence"
    answers = Answers.NUMBERS
    names_of_numbers = {number: name for name, number in NUMBERS.items()}

    def read(self, options: Options, value: Any, shown: Shown) -> Any:
        if not isinstance(value, dict) or not isinstance(value.get("presence"), str):
            raise AnswerRefused(_("The answer must say whether it can be heard."))
        if value["presence"] not in NUMBERS:
            raise AnswerRefused(_("The answer must be one of: clear, some, none, unsure."))
        confidence = value.get("confidence")
        if confidence is not None:
            number = number_in(confidence)
            if number not in CONFIDENCES:
                raise AnswerRefused(_("The confidence must be a whole number from 1 to 5."))
            confidence = int(number)
        return {"presence": value["presence"], "confidence": confidence}

    def number(self, value: Any, shown: Shown) -> float | None:
        return NUMBERS[value["presence"]]

    def is_complete(self, value: Any) -> bool:
        # "Cannot tell" does not need a confidence; all other answers do.
        return value["presence"] == "unsure" or value["confidence"] is not None

    def simulated(self, options: Options, heard: Heard, rng: Random, *, required: bool) -> Any:
        level = heard.about
        if abs(level - 0.5) < 0.03:
            return {"presence": "unsure", "confidence": None}
        name = "clear" if level > 0.66 else "some" if level > 0.33 else "none"
        return {"presence": name, "confidence": 1 + round(4 * min(1, 2 * abs(level - 0.5)))}

    def ends(self, options: Options) -> tuple[float, float]:
        return 0.0, 2.0

    def heard_above(self, options: Options) -> float:
        """Return 0.5: every answer except "not heard" means that it is heard."""
        return 0.5

    def declared(self, options: Options) -> list[str]:
        return list(_WORDS)

    def labels(self, options: Options) -> dict[str, str]:
        """Return the labels in English, for researchers."""
        return dict(_WORDS)

    def points(self, options: Options) -> dict[float, str]:
        return {number: words for name, words in _WORDS.items() if (number := NUMBERS[name]) is not None}

    def exported(self, options: Options, value: Any) -> str | float | int | None:
        return value.get("presence") if isinstance(value, dict) else super().exported(options, value)

    def confidence(self, value: Any) -> int | None:
        return value.get("confidence") if isinstance(value, dict) else None

    def problem_with(self, options: Options, stored: Stored) -> str:
        value = stored.value
        if not isinstance(value, dict) or value.get("presence") not in [*NUMBERS]:
            return f"one of {', '.join(NUMBERS)} is expected"
        if value.get("confidence") is not None and not is_number(value["confidence"]):
            return "a number is expected as confidence"
        belongs = stored.number == NUMBERS[value["presence"]]
        return "" if belongs else "the number of this answer is expected"
