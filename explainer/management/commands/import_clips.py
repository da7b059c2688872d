"""Import clips of other systems."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from explainer.core.base.counting import plural
from explainer.imports.clip_archive import ArchiveError
from explainer.imports.clip_import import import_clips


class Command(BaseCommand):
    """Check every clip of an archive, store each once, and report the outcomes."""

    help = "Import a zip archive of clips with a table manifest.csv; importing it again changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the archive."""
        parser.add_argument("archive", type=Path, help="the .zip file")

    def handle(self, *, archive: Path, **options: Any) -> None:
        """Import and print a table; fail if a clip was refused."""
        try:
            done = import_clips(archive, convert_here=True)
        except ArchiveError as error:
            raise CommandError(str(error)) from error
        width = max((len(item.file) for item in done), default=0)
        for item in done:
            place = f"line {item.line}" if item.line else ""
            self.stdout.write(f"{place:9}  {item.file:{width}}  {item.result:12}  {item.reason or item.clip}")
        refused = sum(item.clip is None for item in done)
        if refused:
            raise CommandError(
                f"{refused} of {plural(done, 'clip was', 'clips were')} refused; the others were imported."
            )
        new = sum(item.result == "imported" for item in done)
        self.stdout.write(f"{plural(done, 'clip')}, {new} of them new.")
