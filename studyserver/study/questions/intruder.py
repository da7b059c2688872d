"""Intruder: which of several clips does not belong with the others."""

from collections.abc import Sequence
from random import Random
from typing import Any

from django.utils.translation import gettext as _

from .kind import AnswerRefused, Answers, Heard, Kind, Options, Shown, Stored
from .preference import NO_LABEL


class Intruder(Kind):
    """Which clip was made for another target than the others."""

    name = "intruder"
    label = "which clip does not belong?"
    answers = Answers.ODD_ONE_OUT

    def read(self, options: Options, value: Any, shown: Shown) -> Any:
        if not isinstance(value, str) or value not in shown.labels:
            raise AnswerRefused(_("The answer must be the letter of one of the sounds."))
        return value

    def number(self, value: Any, shown: Shown) -> float | None:
        """Return 1 for a right answer and 0 for a wrong one."""
        return float(value == shown.intruder) if shown.intruder else None

    def page(self, options: Options, labels: Sequence[str]) -> dict[str, Any]:
        return {"labels": list(labels)}

    def simulated(self, options: Options, heard: Heard, rng: Random, *, required: bool) -> Any:
        """Find the intruder as often as it stands out, else guess."""
        is_found = heard.attends and rng.random() < heard.stands_out
        return heard.right if is_found else rng.choice(list(heard.of_clips))

    def problem_with(self, options: Options, stored: Stored) -> str:
        known = isinstance(stored.value, str) and stored.value in stored.labels
        return "" if known else NO_LABEL
