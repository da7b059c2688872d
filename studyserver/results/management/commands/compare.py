"""Print means, differences, retention and reliability for a plain CSV file of answers."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from studyserver.results.management.joined_values import joined

USUAL_DRAWS, FEWEST_DRAWS = 800, 50


class Command(BaseCommand):
    """``manage.py compare FILE.csv``, without a study or a database."""

    help = (
        "Compare conditions by the model of the answers, for a CSV file with the columns annotator, track, "
        "condition, value and, if you like, question, model, position. Prints means, differences, retention, "
        "and what the answers differ by (a G study)."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options; docs/commands.md describes them."""
        parser.add_argument("file", type=Path, metavar="FILE.csv")
        scale = parser.add_mutually_exclusive_group()
        scale.add_argument("--points", help="all answers of a scale in order, such as 1,2,3,4,5")
        scale.add_argument("--slider", metavar="LOW,HIGH", help="ends of a slider, such as 0,100")
        parser.add_argument(
            "--reference",
            default="original",
            help="the condition that retention refers to (default: original)",
        )
        parser.add_argument("--format", choices=["table", "csv"], default="table")
        parser.add_argument("--confidence", type=float, default=0.95, help="of the intervals (default: 0.95)")
        parser.add_argument(
            "--draws", type=int, default=USUAL_DRAWS, help=f"of each of four chains (default: {USUAL_DRAWS})"
        )
        parser.add_argument("--seed", type=int, default=0, help="of the draws (default: 0)")

    def run_from_argv(self, argv: list[str]) -> None:
        """Accept ``--points -1,0,1``, which argparse would read as another option."""
        super().run_from_argv(joined(argv, ("--points", "--slider")))

    def handle(self, **options: Any) -> None:
        """Read the file, fit the model of each question and print its figures."""
        from studyserver.results.statistics.agreement import RatingsError
        from studyserver.results.statistics.answer_model.fit import Effort
        from studyserver.results.statistics.rating_files.comparing import Drawing, compared
        from studyserver.results.statistics.rating_files.comparison import read_comparison

        if not 0.5 <= options["confidence"] < 1:
            raise CommandError(f"--confidence must be from 0.5 to below 1; it is {options['confidence']:g}")
        if options["draws"] < FEWEST_DRAWS:
            raise CommandError(f"--draws must be at least {FEWEST_DRAWS}; it is {options['draws']}")
        scale = _scale(options["points"], options["slider"])
        try:
            read = read_comparison(options["file"])
            for note in read.notes:
                self.stderr.write(f"Note: {note}")
            effort = Effort(n_warm_up=options["draws"] // 2, n_draws=options["draws"])
            draw = Drawing(options["seed"], effort, options["confidence"])
            parts = list(compared(read, scale, options["reference"], draw))
        except RatingsError as error:
            raise CommandError(str(error)) from error
        for part in parts:
            for note in part.notes:
                self.stderr.write(f"Note: {note}")
        self.stdout.write(_printed(parts, options["format"]), ending="")


def _printed(parts: list, form: str) -> str:
    from studyserver.results.statistics.rating_files.comparing import as_csv, as_text

    return as_csv(parts) if form == "csv" else "\n".join(as_text(part) for part in parts)


def _scale(points: str | None, slider: str | None) -> Any:
    from studyserver.results.statistics.answer_model.answers import Family
    from studyserver.results.statistics.rating_files.comparison import Scale

    if points is not None:
        found = _numbers("--points", points)
        if len(found) < 2 or len(set(found)) < len(found):
            raise CommandError(f"--points {points!r} needs at least two different numbers")
        return Scale(Family.ORDINAL if len(found) > 2 else Family.BINARY, tuple(sorted(found)))
    if slider is not None:
        found = _numbers("--slider", slider)
        if len(found) != 2 or found[0] >= found[1]:
            raise CommandError(f"--slider {slider!r} needs two numbers, the lower one first, such as 0,100")
        return Scale(Family.GAUSSIAN, ends=(found[0], found[1]))
    return None


def _numbers(name: str, text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError as error:
        raise CommandError(f"{name} {text!r} must be numbers separated by commas") from error
