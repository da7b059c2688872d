"""Choice: one of several named options."""

from random import Random
from typing import Any

from django.utils.translation import gettext as _

from .choices import WithChoices
from .kind import AnswerRefused, Answers, Heard, Options, Shown, Stored


class Choice(WithChoices):
    """A choice of one option."""

    name = "choice"
    label = "one of several"
    how = "one of"
    answers = Answers.NAMES
    can_check_attention = True

    def read(self, options: Options, value: Any, shown: Shown) -> Any:
        if not isinstance(value, str) or value not in self.declared(options):
            raise AnswerRefused(_("The answer is not one of the choices."))
        return value

    def drawn(self, options: Options, rng: Random) -> Any:
        return rng.choice(options["choices"])["value"]

    def answer_in_words(self, options: Options, value: Any) -> str:
        return self.labels(options).get(value) or value

    def simulated(self, options: Options, heard: Heard, rng: Random, *, required: bool) -> Any:
        """Choose the target that is heard most, if the options are targets."""
        choices = options["choices"]
        levels = heard.of_targets([choice["value"] for choice in choices])
        if len(levels) > 1:
            return max(levels, key=levels.__getitem__)
        return choices[min(len(choices) - 1, int(heard.about * len(choices)))]["value"]

    def problem_with(self, options: Options, stored: Stored) -> str:
        known = isinstance(stored.value, str) and stored.value in self.declared(options)
        return "" if known else "one of the choices is expected"
