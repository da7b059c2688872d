"""Delete an annotator's data on request."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q

from studyserver.study.models import Annotator
from studyserver.study.sessions.withdrawal import delete_answers


class Command(BaseCommand):
    """Deletes everything stored about an annotator."""

    help = "Delete everything stored about an annotator, as the annotator has asked. This cannot be undone."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "pseudonym",
            help="A pseudonym, such as A7KQ2M9X, or the deletion code that the annotator's last page shows.",
        )
        parser.add_argument("--yes", action="store_true", help="Do not ask for confirmation.")

    def handle(self, *, pseudonym: str, yes: bool, **options: Any) -> None:
        """Delete after confirmation."""
        code = pseudonym.strip().upper()
        annotator = Annotator.objects.filter(Q(pseudonym=code) | Q(deletion_code=code)).first()
        if annotator is None:
            raise CommandError(f"There is no annotator “{pseudonym}”: check every letter of the code.")
        if not yes:
            answer = input(f"Delete {annotator} of “{annotator.study}” and all answers for good? [y/N] ")
            if answer.strip().lower() not in {"y", "yes"}:
                raise CommandError("Nothing was deleted.")
        judgments = delete_answers(annotator)
        self.stdout.write(f"Deleted {pseudonym} with {judgments} answers.")
