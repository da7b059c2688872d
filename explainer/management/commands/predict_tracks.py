"""Predict whole tracks, without explaining them."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from explainer.core.base.counting import plural
from explainer.correlations import predictions
from explainer.management.named_rows import named_rows
from explainer.models import MusicModel, Track


class Command(BaseCommand):
    """Store predictions of models on tracks, for the correlations page."""

    help = "Predict whole tracks with models; stored predictions are not computed again."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare models and tracks."""
        parser.add_argument("--model", action="append", help="name of a model (default: all)")
        parser.add_argument("--track", action="append", help="name of a track (default: all)")

    def handle(self, *, model: list[str] | None, track: list[str] | None, **options: Any) -> None:
        """Predict with a progress bar, then report failures."""
        from explainer.core.models.adapters import ModelError

        models, tracks = named_rows(MusicModel, model, "model"), named_rows(Track, track, "track")
        failures = []
        for each in models:
            missing = len(tracks) - len(predictions.known(each, tracks))
            quiet = options["verbosity"] == 0 or not missing
            try:
                with tqdm(total=missing, desc=each.name, unit="track", disable=quiet) as bar:

                    def note(_: Track, bar: tqdm = bar) -> None:
                        bar.update()

                    failures += predictions.predict(each, tracks, on_track=note)
            except ModelError as error:
                raise CommandError(str(error)) from error
        for failure in failures:
            self.stderr.write(f"{failure.track.name}: {failure.reason}")
        if failures:
            raise CommandError(f"{len(failures)} predictions failed; the others are stored.")
        self.stdout.write(
            f"{plural(models, 'model has', 'models have')} predictions of {plural(tracks, 'track')}."
        )
