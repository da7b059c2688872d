"""Check a registered music model."""

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from explainer.imports.loading import loaded, sound_of
from explainer.management.named_rows import named_rows
from explainer.models import MusicModel, Track

if TYPE_CHECKING:
    from explainer.core.models.check import ModelReport


class Command(BaseCommand):
    """Run a model on a track and report whether it can be explained."""

    help = "Run a model on a track and check determinism, shape and range of its outputs, speed and memory."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare model and track."""
        parser.add_argument("name", help="name of the model")
        parser.add_argument("--track", help="name of the track (default: the first one)")

    def handle(self, *, name: str, track: str | None, **options: Any) -> None:
        """Load, check and report; fail if the model cannot be explained."""
        from explainer.core.audio import AudioError
        from explainer.core.models.adapters import ModelError

        model = named_rows(MusicModel, [name], "model")[0]
        asked_on = named_rows(Track, [track], "track")[0] if track else Track.objects.first()
        if asked_on is None:
            raise CommandError("There is no track yet; import one with manage.py import_tracks.")
        try:
            report = check(model, asked_on)
        except (ModelError, AudioError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{model.name} on {asked_on.name}")
        self.stdout.write(str(report))
        for target, value in sorted(report.outputs.items(), key=lambda item: -item[1])[:10]:
            self.stdout.write(f"  {target:24} {value:9.3g}")
        if not report.fit:
            raise CommandError("The model cannot be explained for the reasons above.")


def check(model: MusicModel, track: Track) -> "ModelReport":
    """Return the core's `ModelReport` of a model on a track."""
    from explainer.core.models.check import check_model

    with loaded(model) as core:
        return check_model(core, sound_of(track, core.representation.sample_rate))
