"""Recruiting: personal links, recruiters' parameters, places that become free, completion codes.

The link between a participation and a person is stored in a separate table and exported only by
:func:`linking_rows`.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from studyserver.study.models import Annotator, Arrival, Recruit, Return, Study
from studyserver.study.sessions.joining import join
from studyserver.study.sessions.joins import JoiningRefused

from .identifier_lists import refuse_lookalikes
from .panel_links import LinkRefused, Sent, without_number

# Joining ------------------------------------------------------------------------------------------


class TakesPartElsewhere(LinkRefused):
    """A participation has begun in another browser; the recruiter's number does not suffice to open it."""

    def __init__(self) -> None:
        super().__init__(
            Arrival.Problem.ELSEWHERE,
            _(
                "Somebody with the number in this link already takes part, in another browser or on another "
                "device. If it is you, open the link in the browser in which you started. If you cannot, "
                "write to the researchers. They can send you a personal link."
            ),
        )


def earlier_recruit(study: Study, sent: Sent) -> Recruit | None:
    """Return the recruit of an identifier, or None for a new person."""
    return study.recruits.filter(identifier=sent.identifier).select_related("annotator__study").first()


def refuse_access(study: Study, *, sent: Sent | None = None, recruit: Recruit | None = None) -> None:
    """Raise `JoiningRefused` if the study requires another kind of link."""
    if study.access == Study.Access.PERSONAL and recruit is None:
        raise JoiningRefused(
            _("This study is by invitation only. Please open the personal link that you received.")
        )
    if study.access == Study.Access.PANEL and sent is None and recruit is None:
        raise JoiningRefused(without_number())


def refuse_stranger(recruit: Recruit, sent: Sent | None, tokens: Collection[str]) -> None:
    """Raise :class:`TakesPartElsewhere` for a visitor who only knows a recruiter's number.

    A recruiter's number is not secret, so the visitor must also have the participation's cookie or the
    recruiter's session.

    Parameters
    ----------
    recruit
        The recruit with this number.
    sent
        The parameters of the address; None for a personal link, which is secret.
    tokens
        Tokens of the participations in this browser's signed cookie.
    """
    if sent is None or recruit.annotator is None or recruit.annotator.token in tokens:
        return
    if not (sent.panel_session and constant_time_compare(sent.panel_session, recruit.panel_session)):
        raise TakesPartElsewhere


def join_as(
    study: Study,
    *,
    sent: Sent | None = None,
    recruit: Recruit | None = None,
    tokens: Collection[str] = (),
    **fields: Any,
) -> Annotator:
    """Return the participation that belongs to an identifier: the same one every time.

    Parameters
    ----------
    study
    sent, recruit
        One of both: the parameters of a recruiter's address, or the owner of a personal link.
    tokens
        See :func:`refuse_stranger`.
    **fields
        For `sessions.joining.join`.

    Raises
    ------
    JoiningRefused
        If the person is new and the study does not accept anybody, or has begun in another browser.
    """
    with transaction.atomic():
        Study.objects.locked(study.pk)
        if sent is not None:
            recruit = earlier_recruit(study, sent) or Recruit(study=study, identifier=sent.identifier)
            refuse_stranger(recruit, sent, tokens)
        elif recruit is None:
            raise TypeError("either `sent` or `recruit` is needed")
        else:
            recruit = Recruit.objects.select_related("annotator").get(pk=recruit.pk)
        if recruit.annotator is None:
            recruit.annotator = join(study, **fields)
            if sent is not None:
                recruit.panel_study, recruit.panel_session = sent.panel_study, sent.panel_session
            recruit.save()
        return recruit.annotator


# Personal links -----------------------------------------------------------------------------------


def invite(study: Study, identifiers: Iterable[str]) -> list[Recruit]:
    """Return a recruit with a personal link for each identifier; existing links are kept.

    Raises
    ------
    identifier_lists.UnreadableList
        If a new identifier may belong to a person who has another one already.
    """
    with transaction.atomic():
        Study.objects.locked(study.pk)
        wanted = list(identifiers)
        present = set(study.recruits.values_list("identifier", flat=True))
        new = set(wanted) - present
        refuse_lookalikes([*sorted(present), *wanted], concerns=lambda group: not new.isdisjoint(group))
        Recruit.objects.bulk_create(
            Recruit(study=study, identifier=identifier, personal=True)
            for identifier in wanted
            if identifier not in present
        )
        # A person whom a recruiter sent before can get a personal link, too.
        study.recruits.filter(identifier__in=wanted, personal=False).update(personal=True)
        by_identifier = {
            recruit.identifier: recruit for recruit in study.recruits.filter(identifier__in=wanted)
        }
    return [by_identifier[identifier] for identifier in wanted]


# Places -------------------------------------------------------------------------------------------


@dataclass
class Freed:
    """What became of a list of returned places."""

    freed: list[str] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)  # have finished: their places are theirs
    over: list[str] = field(default_factory=list)  # hold no place any more
    unknown: list[str] = field(default_factory=list)


def free_places(study: Study, identifiers: Iterable[str]) -> Freed:
    """Let the sessions of these people expire now; answers stay, and places are open to others.

    Parameters
    ----------
    study
    identifiers
        Recruiters' identifiers or session numbers, or pseudonyms.
    """
    result = Freed()
    now = timezone.now()
    with transaction.atomic():
        Study.objects.locked(study.pk)
        for identifier in dict.fromkeys(identifiers):
            known = Q(recruit__identifier=identifier) | Q(recruit__panel_session=identifier)
            annotators = list(study.annotators.people().filter(known | Q(pseudonym=identifier)))
            if not annotators:
                result.unknown.append(identifier)
            for annotator in annotators:
                if annotator.state == Annotator.State.FINISHED:
                    result.finished.append(identifier)
                elif annotator.state in (Annotator.State.JOINED, Annotator.State.ACTIVE) and (
                    annotator.expires_at > now
                ):
                    annotator.expires_at = now
                    annotator.save(update_fields=["expires_at"])
                    result.freed.append(identifier)
                else:
                    result.over.append(identifier)
    return result


# The end of a participation -----------------------------------------------------------------------


def outcome(annotator: Annotator) -> str | None:
    """Return how a participation ended, or None if it has not ended."""
    ends = Annotator.EndedBecause
    if annotator.state == Annotator.State.FINISHED:
        return Return.Outcome.DONE
    if annotator.state == Annotator.State.SCREENED_OUT:
        return {
            ends.GROUP_FULL: Return.Outcome.GROUP_FULL,
            ends.ATTENTION: Return.Outcome.FAILED_ATTENTION,
        }.get(annotator.ended_because, Return.Outcome.SCREENED_OUT)
    if annotator.state == Annotator.State.WITHDRAWN:
        if annotator.finished_at:
            return Return.Outcome.DONE
        return Return.Outcome.LEFT if annotator.consented_at else Return.Outcome.NO_CONSENT
    return None


@dataclass(frozen=True)
class Farewell:
    """Completion code and return address that an annotator gets at the end."""

    code: str = ""
    address: str = ""


def farewell(annotator: Annotator, how: str | None = None) -> Farewell:
    """Return the code and the address for the participation's outcome, or for the outcome `how`."""
    how = how or outcome(annotator)
    if how is None:
        return Farewell()
    given = annotator.study.returns.filter(outcome=how).first() or Return()
    code = annotator.completion_code if how == Return.Outcome.DONE else given.code
    if not given.address:
        return Farewell(code)
    recruit = Recruit.objects.filter(annotator=annotator).first()
    return Farewell(code, _filled(given.address, code, recruit.identifier if recruit else ""))


def _filled(address: str, code: str, participant: str) -> str:
    from urllib.parse import quote

    address = address.replace("{code}", quote(code, safe=""))
    return address.replace("{participant}", quote(participant, safe=""))


def recruiting_advice(study: Study) -> list[str]:
    """Return warnings about how a study recruits annotators."""
    found = []
    if study.access == Study.Access.PERSONAL and not study.recruits.filter(personal=True).exists():
        found.append("Only people with a personal link can join, but there are no links: create some.")
    if study.access != Study.Access.PANEL:
        return found
    done = study.returns.filter(outcome=Return.Outcome.DONE).first()
    if not (study.completion_code or (done and (done.code or done.address))):
        found.append(
            "Recruiters expect one completion code for all: enter it under “Completion codes and return "
            "addresses”, for “done”."
        )
    if study.minutes_to_finish is None:
        found.append(
            "Places of people who leave remain occupied for days: enter the recruiter's maximum time under "
            "“minutes to finish”."
        )
    return found


def forget(study: Study) -> int:
    """Delete all identifiers of a study but keep the answers; return the number of identifiers."""
    study.arrivals.all().delete()
    number, _of_each = study.recruits.all().delete()
    return number


# The linking table --------------------------------------------------------------------------------

LINKING_COLUMNS = (
    "identifier", "panel_study", "panel_session", "pseudonym", "state", "outcome", "code", "joined_at",
    "finished_at",
)  # fmt: skip


def linking_rows(study: Study) -> Iterator[list[str]]:
    """Yield the linking table for payment: one row per recruit, with the columns `LINKING_COLUMNS`."""
    for recruit in study.recruits.select_related("annotator__study").order_by("id"):
        annotator = recruit.annotator
        row = [recruit.identifier, recruit.panel_study, recruit.panel_session]
        if annotator is None:
            yield [*row, "", "not begun", "", "", "", ""]
            continue
        yield [
            *row,
            annotator.pseudonym,
            "time over" if annotator.time_is_over() else annotator.state,
            outcome(annotator) or "",
            farewell(annotator).code,
            annotator.joined_at.isoformat(),
            annotator.finished_at.isoformat() if annotator.finished_at else "",
        ]
