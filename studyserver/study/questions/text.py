"""Free text."""

from random import Random
from typing import Any

from django.utils.translation import gettext as _

from .kind import AnswerRefused, Answers, Heard, Kind, Options, Shown, Stored

LONGEST = 5_000  # characters


class Text(Kind):
    """Free text."""

    name = "text"
    label = "free text"
    answers = Answers.TEXT
    is_asked_in_questionnaires = True

    def read(self, options: Options, value: Any, shown: Shown) -> Any:
        if not isinstance(value, str):
            raise AnswerRefused(_("Text is expected."))
        # Not every database can store NUL or half of a surrogate pair.
        text = value.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
        if len(text) > LONGEST:
            raise AnswerRefused(
                _("The text is too long: %(length)d characters, at most %(most)d.")
                % {"length": len(text), "most": LONGEST}
            )
        return text

    def is_complete(self, value: Any) -> bool:
        return bool(value.strip())

    def simulated(self, options: Options, heard: Heard, rng: Random, *, required: bool) -> Any:
        return "A simulated comment." if rng.random() < 0.2 else "-" if required else ""

    def filled_in(self, options: Options, rng: Random) -> Any:
        return "A simulated answer."

    def exported(self, options: Options, value: Any) -> None:
        """Return None: free text is exported in a separate table."""
        return

    def problem_with(self, options: Options, stored: Stored) -> str:
        return "" if _can_be_written(stored.value) else "text is expected"


def _can_be_written(value: object) -> bool:
    """Return whether a value is text that can be encoded: half of a surrogate pair cannot."""
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
