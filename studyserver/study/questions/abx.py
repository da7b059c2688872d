"""ABX: whether X is A or B."""

from collections.abc import Sequence
from random import Random
from typing import Any

from django.utils.translation import gettext as _

from .kind import AnswerRefused, Answers, Heard, Kind, Options, Shown, Stored
from .preference import NO_LABEL


class Abx(Kind):
    """Which of two clips X is the same as."""

    name = "abx"
    label = "is X the clip A or B?"
    answers = Answers.MATCHES

    def read(self, options: Options, value: Any, shown: Shown) -> Any:
        if not isinstance(value, str) or value not in shown.labels:
            raise AnswerRefused(_("The answer must be A or B."))
        return value

    def number(self, value: Any, shown: Shown) -> float | None:
        """Return 1 for a right answer and 0 for a wrong one."""
        return float(value == shown.x) if shown.x else None

    def page(self, options: Options, labels: Sequence[str]) -> dict[str, Any]:
        return {"labels": list(labels)}

    def simulated(self, options: Options, heard: Heard, rng: Random, *, required: bool) -> Any:
        """Answer right if A and B are told apart; else guess."""
        is_told = heard.attends and rng.random() < heard.apart
        return heard.right if is_told else rng.choice(list(heard.of_clips))

    def problem_with(self, options: Options, stored: Stored) -> str:
        known = isinstance(stored.value, str) and stored.value in stored.labels
        return "" if known else NO_LABEL
