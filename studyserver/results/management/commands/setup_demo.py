"""Set up the demo: database, account, music, models, clips, studies and their rehearsals."""

import os
import secrets
import time
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from explainer.builds.progress import building_bar
from explainer.models import Excerpt, ExcerptChoice, Explanation, Track
from studyserver.results.data.rows import StudyRows
from studyserver.results.tables.computed import Computed
from studyserver.results.tables.failures import Parts
from studyserver.study import demo
from studyserver.study.models import Study

USER_NAME = "researcher"


class Command(BaseCommand):
    """Set up the missing parts of the demo; a second run changes nothing."""

    help = (
        "Set up two demo studies with real music, their models, clips and a rehearsal of each; safe to run "
        "again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the number of processes."""
        parser.add_argument(
            "--workers",
            type=int,
            default=os.cpu_count() or 1,
            help="processes that build clips (default: one per core)",
        )

    def handle(self, *, workers: int, **options: Any) -> None:
        """Run and print all steps."""
        started = time.monotonic()
        folder = settings.FIXTURES_FOLDER
        self.say("Preparing the database")
        call_command("migrate", verbosity=0)
        self.say("Importing music and models")
        try:
            music = demo.import_music(folder)
            demo.register_models(folder)
            demo.predict(music)
            studies = self.set_up(demo.read_definitions(folder), music, workers)
        except demo.DemoError as error:
            raise CommandError(f"{error}\nFinished clips are kept: run the same command again.") from error
        for study in studies:
            self.rehearse(study)
        self.say(f"Set up in {time.monotonic() - started:.0f} s")
        self.create_account()

    def say(self, what: str) -> None:
        """Print a step."""
        self.stdout.write(f"== {what}")
        self.stdout.flush()

    def set_up(self, definitions: list[dict[str, Any]], music: list[Track], workers: int) -> list[Study]:
        """Choose excerpts, build their clips and open the studies."""
        wanted = []
        for definition in definitions:
            excerpts = self.choose_excerpts(definition, music)
            wanted.append(demo.request_explanations(definition, excerpts))
        self.build([row for rows in wanted for row in rows], workers)
        studies = []
        for definition, rows in zip(definitions, wanted, strict=True):
            study, created = demo.create_study(definition, rows)
            self.say(f"{'Opened' if created else 'Found'} the study “{study.title}”")
            studies.append(study)
        return studies

    def choose_excerpts(self, definition: dict[str, Any], music: list[Track]) -> list[Excerpt]:
        """Choose excerpts with a progress bar; without a bar if they were chosen before."""
        about = definition["demo"]
        self.say(f"Choosing excerpts by what {about['model']} says of “{about['target']}”")
        shares: dict[int, int] = {}
        layout = "{desc}: {percentage:3.0f}% |{bar}|"
        with tqdm(total=100 * len(music), desc="Excerpts", bar_format=layout, delay=1) as bar:

            def show(row: ExcerptChoice) -> None:
                shares[row.pk] = row.progress
                bar.n = sum(shares.values())
                bar.refresh()

            return demo.choose_excerpts(definition, music, show)

    def build(self, rows: list[Explanation], workers: int) -> None:
        """Build the clips with a progress bar; without a bar if there is nothing to build."""
        missing = sum(row.state != Explanation.State.DONE for row in rows)
        self.say(f"Building clips: {missing} of {len(rows)} explanations are missing")
        with building_bar(rows, quiet=not missing) as show:
            demo.build(rows, workers, show)

    def rehearse(self, study: Study) -> None:
        """Let simulated annotators take a study, and print what their answers say."""
        # Statistics import much that the other commands do not need.
        from studyserver.results.pages.verdicts.declared import declared_verdicts
        from studyserver.results.tables.answer_models.fitting import fit_study

        if not demo.rehearse(study):
            return
        self.say(f"Rehearsed “{study.title}” with {demo.SIMULATED_ANNOTATORS} simulated annotators:")
        fit_study(Computed(StudyRows(study, rehearsal=True)))
        for found in declared_verdicts(Parts(Computed(StudyRows(study, rehearsal=True)))):
            self.stdout.write(f"   {found.sentence}")

    def create_account(self) -> None:
        """Create the researcher's account and show its password, on the first run only."""
        users = get_user_model().objects
        if users.filter(is_superuser=True).exists():
            self.say(
                f"The account “{USER_NAME}” exists; its password was shown at the first start. To change it, "
                f"run: manage.py changepassword {USER_NAME}"
            )
            return
        password = secrets.token_urlsafe(12)
        users.create_superuser(USER_NAME, password=password)
        self.stdout.write(
            "\nThe researcher's account (the password is shown only now):\n"
            f"  user name:  {USER_NAME}\n  password:   {password}\n"
        )
