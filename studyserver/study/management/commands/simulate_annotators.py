"""Rehearse a study with simulated annotators."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from studyserver.study.lifecycle.opening import opening_problems
from studyserver.study.models import Study
from studyserver.study.rehearsal import rehearsal
from studyserver.study.rehearsal.truth import TRUTHS


class Command(BaseCommand):
    """Let simulated annotators take a study."""

    help = (
        "Let simulated annotators (truthful, noisy, lazy, straight-lining, order-biased, leaving half-way) "
        "take a study. They are marked as a rehearsal and never counted as people."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("study", help="The study's slug.")
        parser.add_argument("--number", type=int, default=10, help="Number of annotators (default: 10).")
        parser.add_argument(
            "--truth",
            choices=list(TRUTHS),
            help="All annotators are truthful, and conditions differ in what they keep (effect) or do not "
            "(none). Without it, a mixture of behaviours.",
        )
        parser.add_argument("--seed", type=int, default=0, help="Seed of their answers (default: 0).")
        parser.add_argument(
            "--discard", action="store_true", help="Delete the study's rehearsal instead of adding to it."
        )

    def handle(
        self, *, study: str, number: int, seed: int, truth: str | None, discard: bool, **options: Any
    ) -> None:
        """Simulate, or discard."""
        found = Study.objects.filter(slug=study).first()
        if found is None:
            slugs = ", ".join(Study.objects.values_list("slug", flat=True)) or "none yet"
            raise CommandError(f"Study “{study}” does not exist. Studies: {slugs}.")
        if discard:
            gone = rehearsal.discard(found)
            self.stdout.write(f"Deleted {gone} simulated annotators of “{found}”.")
            return
        if number < 1:
            raise CommandError("--number must be at least 1.")
        problems = opening_problems(found)
        if problems:
            listed = "\n".join(f"- {problem}" for problem in problems)
            raise CommandError(f"Fix these problems before you rehearse the study:\n{listed}")
        with tqdm(total=number, desc="Annotators", unit="") as bar:
            annotators = rehearsal.simulate(
                found, number, seed, truth=truth or "", done=lambda annotator: bar.update()
            )
        self.stdout.write(f"“{found}”: {rehearsal.in_words(annotators)}")
