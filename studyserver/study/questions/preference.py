"""Preference: the preferred clip, and how much it is preferred."""

from collections.abc import Iterable, Mapping, Sequence
from random import Random
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from .kind import AnswerRefused, Answers, Heard, Kind, Options, Shown, Stored, is_number, number_in

MOST_STEPS = 3  # slightly better, better, much better
WORDS = ("better", "more", "closer")
NO_LABEL = "the letter of a clip of the trial is expected"


class Preference(Kind):
    """A preference among the clips of a trial."""

    name = "preference"
    label = "preference between the clips, with strength"
    answers = Answers.PREFERENCES
    rows = (("steps", "word", "tie"),)  # the word selects a sentence of the site, so it is not translated
    fields = {
        "steps": forms.IntegerField(
            required=False,
            min_value=1,
            max_value=MOST_STEPS,
            label="Degrees of preference",
            help_text="For two clips. 3: “slightly better”, “better” and “much better”.",
        ),
        "word": forms.ChoiceField(
            choices=[(word, f"A {word} … B {word}") for word in WORDS],
            required=False,
            label="Wording",
        ),
        "tie": forms.BooleanField(required=False, label="Allow “no difference”"),
    }

    def option_problems(self, options: Options) -> list[str]:
        problems = []
        steps = options.get("steps", MOST_STEPS)
        if isinstance(steps, bool) or not isinstance(steps, int) or not 1 <= steps <= MOST_STEPS:
            problems.append(f'"steps" must be a whole number from 1 to {MOST_STEPS}.')
        if not isinstance(options.get("tie", True), bool):
            problems.append('"tie" (whether “no difference” is allowed) must be true or false.')
        if options.get("word", "better") not in WORDS:
            problems.append(f'"word" must be one of: {", ".join(WORDS)}.')
        return problems

    def entered(self, options: Options, *, is_new: bool) -> dict[str, Any]:
        return {
            "steps": options.get("steps", MOST_STEPS),
            "tie": options.get("tie", True),
            "word": options.get("word", WORDS[0]),
        }

    def options_from(self, cleaned: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "steps": cleaned.get("steps") or MOST_STEPS,
            "tie": bool(cleaned.get("tie")),
            "word": cleaned.get("word") or WORDS[0],
        }

    def steps(self, options: Options, number_of_clips: int) -> int:
        """Return the number of degrees of strength: one if more than two clips are compared."""
        return options.get("steps", MOST_STEPS) if number_of_clips == 2 else 1

    def read(self, options: Options, value: Any, shown: Shown) -> Any:
        if not isinstance(value, dict) or "preferred" not in value:
            raise AnswerRefused(_("The answer must say which clip is preferred."))
        preferred = value["preferred"]
        if preferred is None:
            if not options.get("tie", True):
                raise AnswerRefused(_("One of the clips must be chosen."))
            return {"preferred": None, "strength": 0}
        if preferred not in shown.labels:
            raise AnswerRefused(_("This clip is not among those to be compared."))
        strength = number_in(value.get("strength", 1))
        most = self.steps(options, len(shown.labels))
        if not strength.is_integer() or not 1 <= strength <= most:
            raise AnswerRefused(_("The strength must be a whole number from 1 to %(most)d.") % {"most": most})
        return {"preferred": preferred, "strength": int(strength)}

    def number(self, value: Any, shown: Shown) -> float | None:
        """Return the strength, negative for A and positive for B; None for more than two clips."""
        if len(shown.labels) != 2:
            return None
        return float(value["strength"] if value["preferred"] == shown.labels[1] else -value["strength"]) + 0.0

    def page(self, options: Options, labels: Sequence[str]) -> dict[str, Any]:
        steps = self.steps(options, len(labels))
        return {"choices": _choices(options, steps, labels), "degrees": len(labels) == 2}

    def simulated(self, options: Options, heard: Heard, rng: Random, *, required: bool) -> Any:
        """Prefer the clip with the highest level; the strength increases with the difference."""
        levels = heard.of_clips
        least, *_others, most = sorted(levels, key=lambda label: (levels[label], rng.random()))
        difference = levels[most] - levels[least]
        if difference < 0.05 and options.get("tie", True):
            return {"preferred": None, "strength": 0}
        steps = self.steps(options, len(levels))
        return {"preferred": most, "strength": min(steps, 1 + int(difference * 2 * steps))}

    def exported(self, options: Options, value: Any) -> str | float | int | None:
        if not isinstance(value, dict):
            return super().exported(options, value)
        return f"{value['preferred']}{value['strength']}" if value["preferred"] else "none"

    def problem_with(self, options: Options, stored: Stored) -> str:
        value = stored.value
        if not isinstance(value, dict) or not is_number(value.get("strength")) or "preferred" not in value:
            return "the preferred clip and a strength are expected"
        preferred = value["preferred"]
        known = preferred is None or (isinstance(preferred, str) and preferred in stored.labels)
        return "" if known else NO_LABEL


def _choices(options: Options, steps: int, labels: Sequence[str]) -> list[dict]:
    """Return the possible answers: from "A much better" to "B much better", or one for each clip."""
    tie = [{"preferred": "", "strength": 0, "text": _tie(len(labels))}]
    tie = tie if options.get("tie", True) else []
    if len(labels) != 2:
        return [{"preferred": label, "strength": 1, "text": label} for label in labels] + tie
    word = options.get("word", WORDS[0])

    def side(label: str, strengths: Iterable[int]) -> list[dict[str, Any]]:
        return [
            {
                "preferred": label,
                "strength": strength,
                "text": _degree(word, steps, strength) % {"name": label},
            }
            for strength in strengths
        ]

    return side(labels[0], range(steps, 0, -1)) + tie + side(labels[1], range(1, steps + 1))


def _tie(number: int) -> str:
    if number == 2:
        return _("no difference")
    return _("none of them")


def _degree(word: str, steps: int, strength: int) -> str:
    """Return the text of a degree of preference; the middle one of three has no adverb."""
    slightly = {
        "better": _("%(name)s slightly better"),
        "more": _("%(name)s slightly more"),
        "closer": _("%(name)s slightly closer"),
    }
    plainly = {
        "better": _("%(name)s better"),
        "more": _("%(name)s more"),
        "closer": _("%(name)s closer"),
    }
    much = {
        "better": _("%(name)s much better"),
        "more": _("%(name)s much more"),
        "closer": _("%(name)s much closer"),
    }
    degrees = {1: [plainly], 2: [slightly, much], 3: [slightly, plainly, much]}
    return degrees[steps][strength - 1][word]
