"""Description of a session for its invitation: the number of sounds and the approximate duration."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from studyserver.study.design.outlook import outlook
from studyserver.study.models import Study
from studyserver.study.texts.right_answers import has_right_answers

MINUTES_PER_DAY = 24 * 60


@dataclass(frozen=True)
class Expectation:
    """Information about a session that an invitation shows."""

    # Sentences; empty if unknown.
    sounds: str
    time: str
    going_on: str  # for how long, and how, a session can be continued
    has_right_answers: bool  # whether answers can be right or wrong


def expectation(study: Study) -> Expectation:
    """Return the information about a session for the invitation to a study, in the language of the page."""
    future = outlook(study)
    return Expectation(
        sounds=study.presents.invitation % {"number": future.all_trials} if future.trials else "",
        time=time_in_words(*future.minutes) if future.trials else "",
        going_on=f"{_going_on(study)} {_link(study)}",
        has_right_answers=has_right_answers(study),
    )


def time_in_words(least: int, most: int) -> str:
    """Return how long a session takes, as a sentence; `least` and `most` in minutes."""
    if least == most:
        sentence = ngettext(
            "It takes about %(minutes)d minute.", "It takes about %(minutes)d minutes.", least
        )
        return sentence % {"minutes": least}
    return _("It takes about %(least)d to %(most)d minutes.") % {"least": least, "most": most}


def _going_on(study: Study) -> str:
    minutes = study.minutes_to_finish
    if minutes is not None and minutes < study.resume_days * MINUTES_PER_DAY:
        sentence = ngettext(
            "You can go on where you stopped until %(number)d minute after you have begun.",
            "You can go on where you stopped until %(number)d minutes after you have begun.",
            minutes,
        )
        return sentence % {"number": minutes}
    sentence = ngettext(
        "You can go on where you stopped for %(number)d day.",
        "You can go on where you stopped for %(number)d days.",
        study.resume_days,
    )
    return sentence % {"number": study.resume_days}


def _link(study: Study) -> str:
    if study.access == Study.Access.OPEN:
        return _("To do so, open the same link in the same browser.")
    return _("To do so, open the same link.")
