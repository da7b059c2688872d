"""Rehearse a study with simulated annotators."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from studyserver.study.lifecycle.opening import opening_problems
from studyserver.study.models import Study
from studyserver.study.rehearsal import rehearsal


class Command(BaseCommand):
    """Walks simulated annotators through a study."""

    help = (
        "Let simulated annotators (truthful, noisy, lazy, straight-lining, order-biased, leaving half-way) "
        "take a study. They are marked as a rehearsal and never counted as people."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("study", help="The study's slug.")
        parser.add_argument("--number", type=int, default=10, help="How many annotators (default: 10).")
        parser.add_argument("--seed", type=int, default=0, help="Fixes their answers (default: 0).")
        parser.add_argument(
            "--discard", action="store_true", help="Throw the study's rehearsal away instead of adding to it."
        )

    def handle(self, *, study: str, number: int, seed: int, discard: bool, **options: Any) -> None:
        """Simulate, or discard."""
        found = Study.objects.filter(slug=study).first()
        if found is None:
            slugs = ", ".join(Study.objects.values_list("slug", flat=True)) or "none yet"
            raise CommandError(f"There is no study “{study}”. Studies: {slugs}.")
        if discard:
            gone = rehearsal.discard(found)
            self.stdout.write(f"Threw away {gone} simulated annotators of “{found}”.")
            return
        if number < 1:
            raise CommandError("--number must be at least 1.")
        problems = opening_problems(found)
        if problems:
            raise CommandError("The study cannot be rehearsed yet:\n" + "\n".join(f"- {p}" for p in problems))
        with tqdm(total=number, desc="Annotators", unit="") as bar:
            annotators = rehearsal.simulate(found, number, seed, done=lambda annotator: bar.update())
        self.stdout.write(f"“{found}”: {rehearsal.in_words(annotators)}")
