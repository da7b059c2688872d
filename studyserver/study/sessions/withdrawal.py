"""What remains of people who leave or have everything deleted: that it happened, not who it was."""

from django.db import connection, transaction

from studyserver.study.models import Annotator, Departure, Judgment, Study


def log_departure(annotator: Annotator, kind: str) -> int:
    """Note that somebody has left, without saying who; return the number of answers concerned."""
    judgments = Judgment.objects.filter(trial__annotator=annotator).count()
    if not annotator.rehearsal:
        Departure.objects.create(study_id=annotator.study_id, kind=kind, judgments=judgments)
    return judgments


def delete_answers(annotator: Annotator) -> int:
    """Delete an annotator with everything stored about him or her; return the number of answers.

    Only the fact that somebody asked for it remains, without saying who.
    """
    with transaction.atomic():
        Study.objects.locked(annotator.study_id)
        judgments = log_departure(annotator, Departure.Kind.DELETED)
        annotator.delete()
        transaction.on_commit(_empty_log_of_database)
    return judgments


def _empty_log_of_database() -> None:
    """Have SQLite take over what its write-ahead log holds, where deleted rows can be read still.

    The database itself is told to overwrite what is deleted (settings.py). Whoever is reading at this
    moment puts it off until SQLite's next checkpoint.
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
