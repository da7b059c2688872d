"""Import the ratings of the Mid-level and Soundtracks data sets."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from explainer.core.base.counting import plural
from explainer.core.correlations.label_files import READERS, LabelError
from explainer.imports.label_import import import_labels


class Command(BaseCommand):
    """Read a label file and report for which tracks it has ratings."""

    help = "Import the label file of the Mid-level or the Soundtracks data set for existing tracks."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare file and data set."""
        parser.add_argument("data_set", choices=sorted(READERS), help="whose label file it is")
        parser.add_argument("file", type=Path, help="annotations.csv or mean_ratings_set1.csv")
        parser.add_argument(
            "--prefix", default="", help="text before the number in the tracks' names (default: none)"
        )

    def handle(self, *, data_set: str, file: Path, prefix: str, **options: Any) -> None:
        """Read the file, store the ratings and report."""
        try:
            labels = READERS[data_set](file)
        except LabelError as error:
            raise CommandError(str(error)) from error
        done = import_labels(labels, prefix)
        self.stdout.write(
            f"{plural(done.labelled, 'track has', 'tracks have')} ratings of {', '.join(labels.targets)}."
        )
        if done.without_track:
            first = ", ".join(done.without_track[:8]) + (" …" if len(done.without_track) > 8 else "")
            self.stdout.write(f"Rated excerpts without a track ({len(done.without_track)}): {first}")
        if not done.labelled:
            raise CommandError(
                "No rated excerpt has a track. Import the sound files first "
                "(manage.py import_tracks FOLDER); tracks are matched by number, after the --prefix."
            )
