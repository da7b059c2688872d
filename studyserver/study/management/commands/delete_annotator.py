"""Delete an annotator's data on request."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q

from studyserver.study.models import Annotator
from studyserver.study.sessions.withdrawal import delete_answers


class Command(BaseCommand):
    """Delete all data of an annotator."""

    help = "Delete all data of an annotator who asks for it. This cannot be undone."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "pseudonym",
            help="Pseudonym, such as A7KQ2M9X, or the deletion code from the annotator's last page.",
        )
        parser.add_argument("--yes", action="store_true", help="Do not ask for confirmation.")

    def handle(self, *, pseudonym: str, yes: bool, **options: Any) -> None:
        """Delete after confirmation."""
        code = pseudonym.strip().upper()
        annotator = Annotator.objects.filter(Q(pseudonym=code) | Q(deletion_code=code)).first()
        if annotator is None:
            raise CommandError(f"Annotator “{pseudonym}” does not exist: check every letter of the code.")
        if not yes:
            answer = input(
                f"Delete {annotator} of “{annotator.study}” and all answers? This cannot be undone. [y/N] "
            )
            if answer.strip().lower() not in {"y", "yes"}:
                raise CommandError("Nothing was deleted.")
        judgments = delete_answers(annotator)
        self.stdout.write(f"Deleted {pseudonym} with {judgments} answers.")
