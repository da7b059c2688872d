"""Parameters of a recruiter's link: the participant's identifier, or why the link is refused."""

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
    """The parameters of a recruiter's link: the participant and the recruiter's study and session."""

    identifier: str
    panel_study: str = ""
    panel_session: str = ""


class LinkRefused(JoiningRefused):
    """A recruiter's link is refused; the message says why, `problem` is stored with the arrival."""

    def __init__(self, problem: str, message: str) -> None:
        super().__init__(message)
        self.problem = problem


def without_number() -> str:
    """Return the message for people who come without a recruiter's link."""
    return _("Please open this study from the site that invited you: the link carries your number there.")


def parameter_names(study: Study) -> list[str]:
    """Return the names of a recruiter's parameters, the participant's first."""
    names = [study.participant_parameter, study.panel_study_parameter, study.session_parameter]
    return [name for name in names if name]


def read_parameters(study: Study, query: Mapping[str, str]) -> Sent:
    """Return the recruiter's parameters in an address.

    Raises
    ------
    LinkRefused
        If the identifier is missing, or a parameter is too long or a place-holder that the recruiter's site
        has not replaced. A session that is a place-holder is refused, too, because it identifies a
        participant who returns.
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
    """Return the value of a parameter in an address, without invisible characters."""
    return "".join(letter for letter in query.get(name, "") if letter.isprintable()).strip()
