"""Print every coefficient of agreement for a plain CSV file of judgments."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from studyserver.results.management.joined_values import joined

_LISTS = ("--options", "--missing")


class Command(BaseCommand):
    """``manage.py agreement FILE.csv``, without a study or a database."""

    help = (
        "Print agreement statistics with intervals for a CSV file with the columns item_id, rater_id, value. "
        "Missing judgments are absent rows or empty values."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options; docs/agreement.md describes them."""
        parser.add_argument("file", type=Path, metavar="FILE.csv")
        parser.add_argument(
            "--level",
            required=True,
            choices=["nominal", "ordinal", "interval", "ratio"],
            help="what the values mean: names, an order, equal steps, or equal steps from a true zero",
        )
        parser.add_argument(
            "--options",
            help="the declared scale in order, as a line of CSV, such as 1,2,3,4,5 or '\"rock, pop\",jazz'",
        )
        parser.add_argument(
            "--missing",
            action="append",
            help="values that mean a missing judgment, as a line of CSV, such as 'NA,-99'; may be repeated",
        )
        parser.add_argument("--format", choices=["table", "csv"], default="table")
        parser.add_argument("--confidence", type=float, default=0.95, help="of the intervals (default: 0.95)")

        parser.add_argument(
            "--bootstrap", type=int, metavar="DRAWS", help="bootstrap intervals instead of jackknife ones"
        )
        parser.add_argument("--seed", type=int, help="of the bootstrap; needed with --bootstrap")

    def run_from_argv(self, argv: list[str]) -> None:
        """Accept ``--options -1,0,1``, which argparse would read as another option."""
        super().run_from_argv(joined(argv, _LISTS))

    def handle(self, **options: Any) -> None:
        """Read the file, compute the table and print it."""
        from studyserver.results.statistics.agreement import Bootstrap, RatingsError, table_of
        from studyserver.results.statistics.rating_files.notes import notes
        from studyserver.results.statistics.rating_files.printing import as_csv, as_text
        from studyserver.results.statistics.rating_files.reading import read_ratings

        if not 0 < options["confidence"] < 1:
            raise CommandError(f"--confidence must lie between 0 and 1; it is {options['confidence']:g}")
        if options["bootstrap"] is not None and (options["bootstrap"] < 100 or options["seed"] is None):
            raise CommandError(
                "--bootstrap needs at least 100 draws and a --seed, so that the result is repeatable"
            )
        declared, missing = _declared(options["options"]), _missing(options["missing"])
        both = set(declared or ()) & set(missing)
        if both:
            raise CommandError(
                f"{', '.join(sorted(both))} is declared as an option and as missing; remove it from one list"
            )
        try:
            reading = read_ratings(options["file"], options["level"], declared, missing)
        except RatingsError as error:
            raise CommandError(str(error)) from error
        for note in notes(reading, is_declared=declared is not None):
            self.stderr.write(f"Note: {note}")
        bootstrap = Bootstrap(options["seed"], options["bootstrap"]) if options["bootstrap"] else None
        table = table_of(reading.ratings, confidence=options["confidence"], bootstrap=bootstrap)
        self.stdout.write((as_csv if options["format"] == "csv" else as_text)(table), ending="")


def _declared(text: str | None) -> list[str] | None:
    if text is None:
        return None
    options = _cells("--options", text)
    if "" in options or not options:
        raise CommandError(f"--options {text!r} has an empty option; separate the options by single commas")
    return options


def _missing(given: list[str] | str | None) -> list[str]:
    texts = [given] if isinstance(given, str) else given or []
    return [mark for text in texts for mark in _cells("--missing", text) if mark]


def _cells(name: str, text: str) -> list[str]:
    from explainer.files.csv_lines import TableError, one_line

    try:
        return one_line(text)
    except TableError as error:
        raise CommandError(f"{name} {text!r} cannot be read as a line of CSV: {error}") from error
