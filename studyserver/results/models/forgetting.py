"""Stored models of answers hold these answers: they go when somebody's answers go.

Imported when the app is ready.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from explainer.files import stored_files
from studyserver.study.models import Annotator, Study

from .answer_fit import AnswerFit


def remove_unused(file: str) -> None:
    """Remove the file of a model that no row names any more."""
    if file and not AnswerFit.objects.filter(file=file).exists():
        stored_files.remove(file)


@contextmanager
def locked(study_id: int) -> Iterator[None]:
    """Let no model of a study's answers be stored or removed meanwhile by anybody else.

    A model takes minutes to compute, and an annotator may leave in that time. Within this lock it is checked
    that the answers may still be used.
    """
    with transaction.atomic():
        Study.objects.select_for_update().filter(pk=study_id).values_list("pk").first()
        yield


@receiver(post_delete, sender=AnswerFit)
def _remove_file(instance: AnswerFit, **_named: Any) -> None:
    transaction.on_commit(lambda: remove_unused(instance.file))


@receiver(post_delete, sender=Annotator)
def _forget_deleted(instance: Annotator, **_named: Any) -> None:
    _forget(instance)


@receiver(post_save, sender=Annotator)
def _forget_discarded(instance: Annotator, **_named: Any) -> None:
    if instance.answers_discarded:
        _forget(instance)


def _forget(annotator: Annotator) -> None:
    with locked(annotator.study_id):
        AnswerFit.objects.filter(study_id=annotator.study_id, rehearsal=annotator.rehearsal).delete()
