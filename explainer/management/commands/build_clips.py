"""Build explanations and their clips in the terminal."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Model

from explainer.builds import building
from explainer.builds.compute import KINDS, ComputeError
from explainer.builds.progress import building_bar
from explainer.core.base.counting import plural
from explainer.imports.excerpts import LONG_CLIPS, excerpts_of, question_about_long_clips
from explainer.management.named_rows import named_rows
from explainer.models import Excerpt, Explanation, MusicModel, Recipe, Track


class Command(BaseCommand):
    """Build the requested explanations that do not exist yet; it can safely be run again."""

    help = "Explain tracks and render the clips; existing results are not computed again."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what to build and with how many processes."""
        for option, what in (("--track", "tracks"), ("--model", "models"), ("--recipe", "recipes")):
            parser.add_argument(
                option, action="append", metavar="NAME", help=f"may be repeated (default: all {what})"
            )
        parser.add_argument(
            "--target",
            action="append",
            metavar="NAME",
            default=[],
            help="may be repeated (default: all of the model's)",
        )
        parser.add_argument(
            "--whole",
            action="store_true",
            help="explain whole tracks, also those of which excerpts have been chosen",
        )
        parser.add_argument(
            "--long-clips",
            action="store_true",
            help=f"do not ask before clips of more than {LONG_CLIPS:g} s are built",
        )
        parser.add_argument("--workers", type=int, help="number of processes; 1 uses only this one")
        parser.add_argument(
            "--compute", choices=KINDS, help="where to compute (default: the setting COMPUTE)"
        )
        parser.add_argument(
            "--resume",
            action="store_true",
            help="resume all waiting, failed and interrupted builds instead of requesting new ones",
        )

    def handle(
        self,
        *,
        track: list[str] | None,
        model: list[str] | None,
        recipe: list[str] | None,
        target: list[str],
        whole: bool,
        long_clips: bool,
        workers: int | None,
        compute: str | None,
        resume: bool,
        **options: Any,
    ) -> None:
        """Request explanations, build them, and report the outcomes."""
        if workers is not None and workers < 1:
            raise CommandError("--workers must be at least 1.")
        if resume:
            rows = building.resume_builds()
        else:
            excerpts = excerpts_of(self.named(Track, track, "track"), whole=whole)
            if not long_clips:
                self.ask_about_length(excerpts)
            rows = self.request(excerpts, model, recipe, target)
        kind = compute or (None if workers is None else "in-process" if workers == 1 else "processes")
        try:
            outcomes = self.build(rows, kind, workers, quiet=options["verbosity"] == 0)
        except ComputeError as error:
            raise CommandError(str(error)) from error
        self.report(outcomes)

    def request(
        self,
        excerpts: list[Excerpt],
        models: list[str] | None,
        recipes: list[str] | None,
        targets: list[str],
    ) -> list[Explanation]:
        """Return the rows of the requested explanations."""
        try:
            return building.request_explanations(
                excerpts,
                self.named(MusicModel, models, "model"),
                self.named(Recipe, recipes, "recipe"),
                targets,
            )
        except building.BuildRefused as error:
            raise CommandError(str(error)) from error

    def ask_about_length(self, excerpts: list[Excerpt]) -> None:
        """Ask before long clips are built; without a terminal to ask in, refuse."""
        question = question_about_long_clips(excerpts)
        if not question:
            return
        if sys.stdin.isatty():
            answer = input(f"{question}\nBuild them anyway? [y/N] ")
            if answer.strip().lower() in ("y", "yes"):
                return
        raise CommandError(f"{question} Run choose_excerpts first, or add --long-clips to build them anyway.")

    def named(self, kind: type[Model], names: list[str] | None, what: str) -> list[Any]:
        """Return the rows with these names, or all rows, at least one."""
        rows = named_rows(kind, names, what)
        if not rows:
            raise CommandError(f"There is no {what} yet.")
        return rows

    def build(
        self, rows: list[Explanation], kind: str | None, workers: int | None, quiet: bool
    ) -> list[building.Outcome]:
        """Build with a progress bar."""
        with building_bar(rows, quiet=quiet) as show:
            return building.build_explanations(
                [row.pk for row in rows], kind=kind, workers=workers, on_change=show
            )

    def report(self, outcomes: list[building.Outcome]) -> None:
        """Print one line per explanation; fail if one failed."""
        for outcome in outcomes:
            explanation = outcome.explanation
            figures = ""
            if outcome.how == outcome.BUILT:
                figures = (
                    f" in {explanation.seconds:.1f} s with {plural(explanation.model_calls, 'model call')}"
                )
            self.stdout.write(f"{explanation}: {outcome.how}{figures}")
            for line in [*explanation.warnings] if outcome.how == outcome.BUILT else [outcome.reason]:
                if line:
                    self.stdout.write(f"    {line}")
        failed = sum(outcome.how == outcome.FAILED for outcome in outcomes)
        if failed:
            raise CommandError(
                f"{failed} of {len(outcomes)} failed for the reasons above; the others are built."
            )
