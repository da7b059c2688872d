"""Joining a study that is open and has free places."""

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
    """Return a new annotator of a study. The annotator takes a place by consent, not by joining.

    Parameters
    ----------
    study
    language, device_family
        Language and device of the browser.
    address
        The network address, by which joins are limited; it is not stored.
    rehearsal
        Whether this is a preview or a simulated annotator.
    behaviour
        `PREVIEW`, or how the simulated annotator behaves.

    Raises
    ------
    JoiningRefused
        If the study is not open or has all the annotators it wants. Rehearsals can join a study in any
        state and do not take a place.
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
    """Raise :class:`JoiningRefused` if all places are taken."""
    places_taken = study.annotators.people().holding_places().count()
    if study.annotators_wanted is not None and places_taken >= study.annotators_wanted:
        raise JoiningRefused(
            _("This study already has all the people it needs. Thank you for your interest.")
        )
