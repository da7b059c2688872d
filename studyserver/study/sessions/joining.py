"""Becoming an annotator of a study, while it is open and wants any."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from studyserver.study.models import Annotator, Study

from .joins import JoiningRefused, admit


def join(
    study: Study,
    *,
    language: str = "en",
    device_family: str = "",
    address: str = "",
    rehearsal: bool = False,
    behaviour: str = "",
) -> Annotator:
    """Return a new annotator of a study, who holds no place before consent is given.

    Parameters
    ----------
    study
    language, device_family
        Of the browser.
    address
        The network address, by which joins are counted and limited; it is not stored.
    rehearsal
        Whether it is a preview, or a simulated annotator.
    behaviour
        Which of the two, and how it answers.

    Raises
    ------
    JoiningRefused
        When the study is not open or has all the annotators it wants. Rehearsals may join a
        study in any state and take nobody's place.
    """
    with transaction.atomic():
        study = Study.objects.locked(study.pk)
        if not rehearsal:
            refuse_joining(study)
            admit(study, address)
        return Annotator.objects.create(
            study=study,
            language=language,
            device_family=device_family,
            rehearsal=rehearsal,
            behaviour=behaviour,
            expires_at=timezone.now() + study.time_to_finish,
        )


def refuse_joining(study: Study) -> None:
    """Raise :class:`JoiningRefused` if nobody can join the study now."""
    if study.state == Study.State.DRAFT:
        raise JoiningRefused(_("This study has not been opened yet."))
    if study.state == Study.State.CLOSED:
        raise JoiningRefused(_("This study is closed. Thank you for your interest."))
    refuse_full(study)


def refuse_full(study: Study) -> None:
    """Raise :class:`JoiningRefused` if as many as are wanted hold places."""
    places_taken = study.annotators.people().holding_places().count()
    if study.annotators_wanted is not None and places_taken >= study.annotators_wanted:
        raise JoiningRefused(
            _("This study already has all the people it needs. Thank you for your interest.")
        )
