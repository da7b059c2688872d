"""Time marks: stretches of a clip in which something is heard."""

from random import Random
from typing import Any

from django.utils.translation import gettext as _

from studyserver.common.number_text import all_digits
from studyserver.common.time_intervals import merged

from .kind import AnswerRefused, Answers, Heard, Kind, Options, Shown, Stored, is_number, number_in

MOST_STRETCHES = 50
_BETWEEN = "|"  # safe as a separator, because stretches are numbers


class TimeMarks(Kind):
    """Marked stretches of time."""

    name = "stretches"
    label = "marking where it is heard"
    answers = Answers.TIMES

    def read(self, options: Options, value: Any, shown: Shown) -> Any:
        if not isinstance(value, list) or len(value) > MOST_STRETCHES:
            raise AnswerRefused(
                _("The answer must be a list of at most %(most)d stretches.") % {"most": MOST_STRETCHES}
            )
        stretches = []
        for stretch in value:
            if not isinstance(stretch, list) or len(stretch) != 2:
                raise AnswerRefused(_("Each stretch needs its beginning and its end, in seconds."))
            begin, end = (number_in(moment) for moment in stretch)
            begin, end = round(max(0.0, begin), 3), round(min(end, shown.seconds), 3)
            if not begin < end:
                raise AnswerRefused(_("A stretch must end after it begins, and lie within the clip."))
            stretches.append((begin, end))
        return [list(stretch) for stretch in merged(stretches)]

    def number(self, value: Any, shown: Shown) -> float | None:
        """Return the total length of the marked stretches, in s."""
        return float(round(sum(end - begin for begin, end in value), 3))

    def simulated(self, options: Options, heard: Heard, rng: Random, *, required: bool) -> Any:
        length = round(heard.about * heard.seconds, 2)
        return [[0, length]] if length >= 0.1 else []

    def exported(self, options: Options, value: Any) -> str | float | int | None:
        if not isinstance(value, list):
            return super().exported(options, value)
        marked = [f"{all_digits(begin)}-{all_digits(end)}" for begin, end in value]
        return _BETWEEN.join(marked) or _BETWEEN

    def problem_with(self, options: Options, stored: Stored) -> str:
        stretches = stored.value if isinstance(stored.value, list) else [None]
        for stretch in stretches:
            if not isinstance(stretch, list) or len(stretch) != 2 or not all(map(is_number, stretch)):
                return "a list of stretches with beginning and end is expected"
            if not 0 <= stretch[0] < stretch[1]:
                return "each stretch must end after it begins"
        return ""
