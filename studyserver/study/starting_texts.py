"""What a new study says to annotators until the researcher has written it better."""

from django.utils.translation import gettext_lazy as _

from .models import Study
from .ready_made import add_translations, in_language_of

TEXTS = {
    "consent": _(
        "You will hear short pieces of music and answer questions about them.\n\n"
        "Your answers are stored under a random name, with the times at which you gave them and the "
        "parts of the clips that you played. Neither your name nor your address is stored with them. They "
        "are used for research only.\n\n"
        "Taking part is voluntary. You can stop at any time, without giving a reason, and choose whether "
        "your answers so far may be used."
    ),
    "instructions": _(
        "Each page plays something to you. Listen to it as often as you like, then answer the questions "
        "below it.\n\n"
        "Some of the music sounds thin or broken, on purpose. Judge what you hear, not how it came about.\n\n"
        "There are no right or wrong answers."
    ),
    "thanks": _("Thank you for listening!"),
}


def fill_in(study: Study) -> None:
    """Give a study that is about to be added the suggested texts where it has none."""
    for name, text in in_language_of(study, TEXTS).items():
        if not getattr(study, name):
            setattr(study, name, text)


def translate(study: Study) -> None:
    """Add the translations of the suggested texts to a study that has been added."""
    add_translations(study, TEXTS)


def is_as_suggested(study: Study) -> bool:
    """Whether consent and instructions are still the suggested ones."""
    suggested = in_language_of(study, TEXTS)
    return any(getattr(study, name) == suggested[name] for name in ("consent", "instructions"))
