"""Suggested texts of a new study."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from studyserver.study.models import Study

from .ready_made import add_translations, in_language_of
from .right_answers import has_right_answers

TEXTS = {
    "consent": _(
        "You will hear short pieces of music and answer questions about them.\n\n"
        "Your answers are stored under a random name, with the times at which you gave them and the "
        "parts of the clips that you played. Neither your name nor your address is stored with them. They "
        "are used for research only.\n\n"
        "Taking part is voluntary. You can stop at any time, without giving a reason, and choose whether "
        "your answers so far may be used."
    ),
    "thanks": _("Thank you for listening!"),
}
RATING = _(
    "Each page plays something to you. Listen to it as often as you like, then answer the questions "
    "below it.\n\n"
    "Some of the music sounds thin or broken, on purpose. Judge what you hear, not how it came about.\n\n"
    "There are no right or wrong answers."
)
CHOOSING = _(
    "Each page plays something to you. Listen to it as often as you like, then answer the questions "
    "below it.\n\n"
    "Some of the music sounds thin or broken, on purpose. Judge what you hear, not how it came about. If "
    "you are not sure, choose what seems most likely to you."
)
ABX = _(
    "Each page plays three sounds to you: A, B and X. X is exactly the same as A, or exactly the same as "
    "B. Listen to all three as often as you like, then say which of the two X is.\n\n"
    "Some of the music sounds thin or broken, on purpose, and some differences are small. If you cannot "
    "tell, guess."
)

INTRUDER = _(
    "Each page plays four sounds to you: A, B, C and D. Three of them have something in common, and one does "
    "not belong with them. Listen to all four as often as you like, then say which one does not belong.\n\n"
    "The sounds come from different pieces of music: that is not what tells them apart. Some of them sound "
    "thin or broken, on purpose. If you are not sure, choose what seems most likely to you."
)
_INSTRUCTIONS = [RATING, CHOOSING, ABX, INTRUDER]


def instructions_for(study: Study) -> Promise:
    """Return the suggested instructions for a study's presentation and questions."""
    if study.presents.has_x:
        return ABX
    if study.presents.has_intruder:
        return INTRUDER
    return CHOOSING if has_right_answers(study) else RATING


def fill_in(study: Study) -> bool:
    """Fill the empty texts of a new study with the suggested texts."""
    for name, text in in_language_of(study, TEXTS | {"instructions": instructions_for(study)}).items():
        if not getattr(study, name):
            setattr(study, name, text)
    return True


def fit(study: Study) -> bool:
    """Update suggested instructions to the current design; return whether they changed.

    Instructions that a researcher has written or edited stay. The study is not saved.
    """
    fitting = in_language_of(study, instructions_for(study))
    if study.instructions == fitting or not _suggested_instructions(study):
        return False
    study.instructions = fitting
    return True


def translate(study: Study) -> None:
    """Add the translations of the suggested texts to a saved study."""
    add_translations(study, [*TEXTS.values(), *_INSTRUCTIONS])


def is_as_suggested(study: Study) -> bool:
    """Return whether consent or instructions are still the suggested texts."""
    return study.consent == in_language_of(study, TEXTS["consent"]) or _suggested_instructions(study)


def _suggested_instructions(study: Study) -> bool:
    return study.instructions in in_language_of(study, _INSTRUCTIONS)
