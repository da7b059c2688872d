"""Print every coefficient of agreement for a plain CSV file of judgments."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    """``manage.py agreement FILE.csv``: no study and no database needed."""

    help = (
        "Print agreement statistics with intervals for a CSV file with the columns item_id, rater_id, value. "
        "Missing judgments are absent rows or empty values."
    )
    requires_system_checks = []

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
            "--options", help="the declared scale in order, separated by commas, such as 1,2,3,4,5"
        )
        parser.add_argument("--format", choices=["table", "csv"], default="table")
        parser.add_argument("--confidence", type=float, default=0.95, help="of the intervals (default: 0.95)")

        parser.add_argument(
            "--bootstrap", type=int, metavar="DRAWS", help="bootstrap intervals instead of jackknife ones"
        )
        parser.add_argument("--seed", type=int, help="of the bootstrap; needed with --bootstrap")

    def run_from_argv(self, argv: list[str]) -> None:
        """Take ``--options -1,0,1`` for what it means; argparse sees another option in it."""
        joined = list(argv)
        if "--options" in joined[:-1]:
            place = joined.index("--options")
            joined[place : place + 2] = [f"--options={joined[place + 1]}"]
        super().run_from_argv(joined)

    def handle(self, **options) -> None:
        """Read, compute, print."""
        from studyserver.results.agreement import Bootstrap, RatingsError, table_of
        from studyserver.results.agreement.printing import as_csv, as_text
        from studyserver.results.agreement.reading import read_ratings

        if not 0 < options["confidence"] < 1:
            raise CommandError(f"--confidence must lie between 0 and 1; it is {options['confidence']:g}")
        if options["bootstrap"] is not None and (options["bootstrap"] < 100 or options["seed"] is None):
            raise CommandError(
                "--bootstrap needs at least 100 draws and a --seed, so that it can be repeated"
            )
        declared = _split(options["options"])
        try:
            ratings = read_ratings(options["file"], options["level"], declared)
        except RatingsError as error:
            raise CommandError(str(error)) from error
        if declared is None:
            self.stderr.write(
                f"Note: without --options the values that occur ({ratings.n_options}) are the scale."
            )
        bootstrap = Bootstrap(options["seed"], options["bootstrap"]) if options["bootstrap"] else None
        table = table_of(ratings, confidence=options["confidence"], bootstrap=bootstrap)
        self.stdout.write((as_csv if options["format"] == "csv" else as_text)(table), ending="")


def _split(text: str | None) -> list[str] | None:
    if text is None:
        return None
    options = [option.strip() for option in text.split(",")]
    if "" in options:
        raise CommandError(f"--options {text!r} has an empty option; separate the options by single commas")
    return options
