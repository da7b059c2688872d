"""Import tracks from files and folders."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from explainer.core.base.counting import plural
from explainer.files.file_names import readable
from explainer.imports import track_manifest, tracks


class Command(BaseCommand):
    """Check sound files, store each once, and report the outcomes."""

    help = "Import sound files (WAV, FLAC, Ogg, MP3), or all in a folder, as tracks."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what to import."""
        parser.add_argument("place", nargs="*", type=Path, help="a sound file, or a folder with sound files")
        parser.add_argument(
            "--manifest",
            type=Path,
            help="CSV table with a column file and any of name, title, composer, source, licence, notes, and "
            "start and duration of excerpts; without a place, the files named in it are imported from its "
            "folder",
        )

    def handle(self, *, place: list[Path], manifest: Path | None, **options: Any) -> None:
        """Import and print a table; fail if a file was refused."""
        if not place and not manifest:
            raise CommandError("Name a folder, files or a --manifest.")
        paths, details = self.chosen(place, manifest)
        with tqdm(
            total=len(paths), desc="Importing tracks", unit="track", disable=options["verbosity"] == 0
        ) as bar:
            done = tracks.import_tracks(paths, details, decode_here=True, on_import=lambda _: bar.update())
        self.report(done)

    def chosen(
        self, places: list[Path], path: Path | None
    ) -> tuple[list[Path], dict[Path, track_manifest.Described]]:
        """Return the files to import, and the details of each in the manifest."""
        if not path:
            return track_manifest.sound_files(places), {}
        try:
            manifest = track_manifest.read_manifest(path)
            if not places:
                details = manifest.files()
                paths = list(details)
            else:
                paths = track_manifest.sound_files(places)
                details = manifest.details_of(paths, [place for place in places if place.is_dir()])
        except track_manifest.ManifestError as error:
            raise CommandError(str(error)) from error
        if manifest.unused:
            self.stdout.write(f"Columns of {path.name} that are not used: {', '.join(manifest.unused)}.")
        for unnamed in (each for each in paths if each not in details):
            self.stdout.write(
                readable(f"{path.name} does not name {unnamed}; it is imported without details.")
            )
        return paths, details

    def report(self, done: list[tracks.Import]) -> None:
        """Print the outcome of every file."""
        width = max((len(item.file) for item in done), default=0)
        for item in done:
            what = f"{item.track.name}  {item.reason}" if item.track else item.reason
            if item.excerpts and not item.reason:
                what += plural(item.excerpts, "excerpt")
            self.stdout.write(f"{item.file:{width}}  {item.result:12}  {what}".rstrip())
        refused = sum(item.refused for item in done)
        if refused:
            raise CommandError(
                f"{refused} of {plural(done, 'file was', 'files were')} refused; the others were imported."
            )
        self.stdout.write(
            f"{plural(done, 'file')}, {sum(item.result == 'imported' for item in done)} of them new."
        )
