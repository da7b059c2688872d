"""Set up the demo: database, account, music, models, clips and study."""

import os
import secrets
import time
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from explainer.builds.progress import building_bar
from explainer.models import Explanation
from studyserver.study import demo

USER_NAME = "researcher"


class Command(BaseCommand):
    """Set up the missing parts of the demo; a second run changes nothing."""

    help = "Set up the demo study with real music, two models and their clips; safe to run again."

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
        definition = demo.read_definition(folder)
        self.say("Preparing the database")
        call_command("migrate", verbosity=0)
        self.say("Importing music and models")
        demo.import_music(folder)
        demo.register_models(folder)
        rows = demo.request_explanations(definition)
        missing = sum(row.state != Explanation.State.DONE for row in rows)
        self.say(f"Building clips: {missing} of {len(rows)} explanations are missing")
        try:
            self.build(rows, workers)
            study, created = demo.create_study(definition)
        except demo.DemoError as error:
            raise CommandError(f"{error}\nFinished clips are kept: run the same command again.") from error
        self.say(f"{'Opened' if created else 'Found'} the study “{study.title}”")
        self.say(f"Set up in {time.monotonic() - started:.0f} s")
        self.create_account()

    def say(self, what: str) -> None:
        """Print a step."""
        self.stdout.write(f"== {what}")
        self.stdout.flush()

    def build(self, rows: list[Explanation], workers: int) -> None:
        """Build the clips with a progress bar; without a bar if there is nothing to build."""
        nothing_to_do = all(row.state == Explanation.State.DONE for row in rows)
        with building_bar(rows, quiet=nothing_to_do) as show:
            demo.build(rows, workers, show)

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
