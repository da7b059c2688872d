"""What a recruiter's link says: who is sent, or why the link leads nowhere."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from studyserver.study.models import Arrival, Study
from studyserver.study.sessions.joins import JoiningRefused

from .identifier_lists import MOST_LETTERS
from .placeholders import looks_unfilled

MOST_SHOWN = 60  # letters of a place-holder


@dataclass(frozen=True)
class Sent:
    """Whom a recruiter sent, by the parameters in the address."""

    identifier: str
    panel_study: str = ""
    panel_session: str = ""


class LinkRefused(JoiningRefused):
    """A recruiter's link leads nowhere; the message says why, `problem` is how an arrival is noted."""

    def __init__(self, problem: str, message: str):
        super().__init__(message)
        self.problem = problem


def without_number() -> str:
    """Return the sentence for people who have come by no recruiter's link."""
    return _("Please open this study from the site that invited you: the link carries your number there.")


def parameter_names(study: Study) -> list[str]:
    """Return the names under which a recruiter puts who comes, the person's first."""
    names = [study.participant_parameter, study.panel_study_parameter, study.session_parameter]
    return [name for name in names if name]


def read_parameters(study: Study, query: Mapping[str, str]) -> Sent:
    """Return whom a recruiter sent, by the parameters in the address.

    Raises
    ------
    LinkRefused
        When there is no identifier, or a place-holder in its place that the recruiter's site has not filled
        in, or in that of the session by which a person is known again.
    """
    values = {name: parameter_value(query, name) for name in parameter_names(study)}
    for name, value in values.items():
        _refuse_value(name, value, values)
    if not values[study.participant_parameter]:
        raise LinkRefused(Arrival.Problem.MISSING, without_number())
    return Sent(
        values[study.participant_parameter],
        values.get(study.panel_study_parameter, ""),
        values.get(study.session_parameter, ""),
    )


def _refuse_value(name: str, value: str, names: Iterable[str]) -> None:
    if looks_unfilled(value, names):
        words = _(
            "The site that invited you has not filled in this link: where it should say who you are, it says "
            "“%(value)s”. Please open this study again from the site that invited you. If this page comes "
            "again, please tell the researchers."
        )
        raise LinkRefused(Arrival.Problem.UNFILLED, words % {"value": value[:MOST_SHOWN]})
    if len(value) > MOST_LETTERS:  # cut short, two people's could be the same
        words = _(
            "“%(name)s” in this link is too long. Please open this study again from the site that invited "
            "you. If this page comes again, please tell the researchers."
        )
        raise LinkRefused(Arrival.Problem.TOO_LONG, words % {"name": name})


def parameter_value(query: Mapping[str, str], name: str) -> str:
    """Return what stands under a name in an address, without signs that cannot be seen."""
    return "".join(letter for letter in query.get(name, "") if letter.isprintable()).strip()
