"""Choose excerpts of tracks by rule."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from explainer.builds.excerpt_choices import make_choices, request_choices
from explainer.core.base.counting import plural
from explainer.core.excerpts.rule import STARTS_ON, WHERE, ExcerptError, ExcerptRule
from explainer.management.named_rows import named_rows
from explainer.models import ExcerptChoice, MusicModel, Track


class Command(BaseCommand):
    """Let a model's outputs over time decide which excerpts are explained."""

    help = "Choose excerpts of tracks where a model's output is highest, lowest, or spread over its range."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the rule and the tracks."""
        usual = ExcerptRule()
        parser.add_argument(
            "--track", action="append", metavar="NAME", help="may be repeated (default: all tracks)"
        )
        parser.add_argument("--model", metavar="NAME", required=True, help="the model whose output decides")
        parser.add_argument("--target", metavar="NAME", required=True, help="the target whose output decides")
        parser.add_argument(
            "--number", type=int, default=usual.number, help=f"of each track (default: {usual.number})"
        )
        parser.add_argument(
            "--seconds", type=float, default=usual.seconds, help=f"of each (default: {usual.seconds:g})"
        )
        parser.add_argument(
            "--where", choices=WHERE, default=usual.where, help=f"which outputs (default: {usual.where})"
        )
        parser.add_argument(
            "--starts-on",
            choices=STARTS_ON,
            default=usual.starts_on,
            help=f"where excerpts start, in tracks with a clear pulse (default: {usual.starts_on})",
        )
        parser.add_argument(
            "--apart",
            type=float,
            default=usual.apart,
            help=f"seconds between two excerpts of a track, at least (default: {usual.apart:g})",
        )

    def handle(
        self, *, track: list[str] | None, model: str, target: str, verbosity: int, **options: Any
    ) -> None:
        """Choose with a progress bar, then print the excerpts of each track."""
        names = ("number", "seconds", "where", "starts_on", "apart")
        [chosen_model] = named_rows(MusicModel, [model], "model")
        try:
            rule = ExcerptRule(**{name: options[name] for name in names})
            rows = request_choices(named_rows(Track, track, "track"), chosen_model, target, rule)
        except ExcerptError as error:
            raise CommandError(str(error)) from error
        shares = dict.fromkeys((row.pk for row in rows), 0)
        with tqdm(total=100 * len(rows), desc="Choosing excerpts", disable=verbosity == 0) as bar:

            def show(row: ExcerptChoice) -> None:
                shares[row.pk] = 100 if row.state == ExcerptChoice.State.FAILED else row.progress
                bar.n = sum(shares.values())
                bar.refresh()

            self.report(make_choices(rows[0].batch, show))

    def report(self, rows: list[ExcerptChoice]) -> None:
        """Print one line per track; fail if one has no excerpts."""
        for row in rows:
            parts = ", ".join(
                f"{one['start']:g}-{one['start'] + one['seconds']:g} s ({row.target} {one['output']:.3g})"
                for one in row.chosen
            )
            self.stdout.write(f"{row.track.name}: {parts or row.failure}")
        failed = sum(row.state == ExcerptChoice.State.FAILED for row in rows)
        if failed:
            has = "has no excerpts for the reason" if failed == 1 else "have no excerpts for the reasons"
            raise CommandError(f"{failed} of {plural(rows, 'track')} {has} above; the others have them.")
        number = sum(len(row.chosen) for row in rows)
        self.stdout.write(f"{plural(number, 'excerpt')} of {plural(rows, 'track')}.")
