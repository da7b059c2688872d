"""Checklist: any number of named options."""

from random import Random
from typing import Any

from django.utils.translation import gettext as _

from explainer.core.base.canonical_json import canonical_json

from .choices import WithChoices
from .kind import AnswerRefused, Answers, Heard, Options, Shown, Stored


class Checklist(WithChoices):
    """A checklist."""

    name = "checklist"
    label = "any of several"
    how = "any of"
    answers = Answers.SETS

    def read(self, options: Options, value: Any, shown: Shown) -> Any:
        values = self.declared(options)
        if not isinstance(value, list) or any(
            not isinstance(item, str) or item not in values for item in value
        ):
            raise AnswerRefused(_("The answer must be a list of the choices."))
        return [item for item in values if item in value]

    def chosen(self, options: Options, value: Any) -> list[str]:
        offered = self.declared(options)
        chosen = {str(item) for item in value}
        return [item for item in offered if item in chosen] + sorted(chosen - set(offered))

    def simulated(self, options: Options, heard: Heard, rng: Random, *, required: bool) -> Any:
        level = heard.about
        return [choice["value"] for choice in options["choices"] if rng.random() < level]

    def filled_in(self, options: Options, rng: Random) -> Any:
        return [choice["value"] for choice in options["choices"] if rng.random() < 0.3]

    def exported(self, options: Options, value: Any) -> str | float | int | None:
        """Return a JSON array, because an option can contain any character that could serve as separator."""
        return canonical_json(self.chosen(options, value) if isinstance(value, list) else value)

    def problem_with(self, options: Options, stored: Stored) -> str:
        ticked, offered = stored.value, self.declared(options)
        known = isinstance(ticked, list) and all(isinstance(one, str) and one in offered for one in ticked)
        return "" if known else "a list of the choices is expected"
