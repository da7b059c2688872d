"""Deletion of annotators' data, and the anonymous log of departures."""

from django.db import connection, transaction

from studyserver.study.models import Annotator, Departure, Judgment, Study


def log_departure(annotator: Annotator, kind: str) -> int:
    """Log anonymously that somebody has left; return the number of their answers."""
    judgments = Judgment.objects.filter(trial__annotator=annotator).count()
    if not annotator.rehearsal:
        Departure.objects.create(study_id=annotator.study_id, kind=kind, judgments=judgments)
    return judgments


def delete_answers(annotator: Annotator) -> int:
    """Delete an annotator and all related data; return the number of answers.

    Only an anonymous row about the deletion is kept.
    """
    with transaction.atomic():
        Study.objects.locked(annotator.study_id)
        judgments = log_departure(annotator, Departure.Kind.DELETED)
        annotator.delete()
        transaction.on_commit(_empty_log_of_database)
    return judgments


def _empty_log_of_database() -> None:
    """Empty SQLite's write-ahead log, which still contains the deleted rows.

    The database file itself overwrites deleted rows (see settings.py). If another connection is reading now,
    the log is emptied at SQLite's next checkpoint instead.
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
