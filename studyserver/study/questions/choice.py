"""Choice: one of several answers by name."""

from django.utils.translation import gettext as _

from .choices import WithChoices
from .kind import AnswerRefused, Answers


class Choice(WithChoices):
    """One of several."""

    name = "choice"
    label = "one of several"
    how = "one of"
    answers = Answers.NAMES
    can_check_attention = True

    def read(self, options, value, shown):
        if not isinstance(value, str) or value not in self.declared(options):
            raise AnswerRefused(_("The answer is none of the choices."))
        return value

    def drawn(self, options, rng):
        return rng.choice(options["choices"])["value"]

    def answer_in_words(self, options, value):
        return self.labels(options).get(value) or value

    def simulated(self, options, heard, rng, *, required):
        choices = options["choices"]
        return choices[min(len(choices) - 1, int(heard.about * len(choices)))]["value"]

    def filled_in(self, options, rng):
        return rng.choice(options["choices"])["value"]

    def problem_with(self, options, stored):
        known = isinstance(stored.value, str) and stored.value in self.declared(options)
        return "" if known else "one of the choices is expected"
