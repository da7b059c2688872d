"""Which of several clips has more of a target: a question for each target that people can compare at once."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .target_words import known_name

_QUESTIONS = {
    "melodiousness": _("Which clip is more melodious?"),
    "articulation": _("In which clip are the notes shorter and more separate?"),
    "rhythm complexity": _("Which clip has the more complicated rhythm?"),
    "rhythm stability": _("Which clip has the steadier rhythm?"),
    "dissonance": _("Which clip sounds harsher?"),
    "tonal stability": _("In which clip does one note feel more like home?"),
    "minorness": _("Which clip sounds more like minor?"),
    "speed": _("Which clip is faster?"),
    "pitch height": _("Which clip has the higher notes?"),
    "valence": _("Which clip expresses the more pleasant feeling?"),
    "energy": _("Which clip has more energy?"),
    "tension": _("Which clip sounds more tense?"),
    "anger": _("Which clip sounds angrier?"),
    "fear": _("Which clip sounds more frightening?"),
    "happy": _("Which clip sounds happier?"),
    "sad": _("Which clip sounds sadder?"),
    "tender": _("Which clip sounds more tender?"),
}


def which_more(target: str) -> Promise | None:
    """Return the question which clip has more of a target; None if there is no ready-made one."""
    return _QUESTIONS.get(known_name(target))
