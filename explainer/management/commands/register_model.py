"""Register a music model from a file."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from explainer.imports.music_models import RegistrationError, read_definition, register


class Command(BaseCommand):
    """Register a music model from its description."""

    help = "Register the music model that a TOML or JSON file describes (docs/models.md)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the file."""
        parser.add_argument(
            "file", type=Path, help="description of the model; its checkpoint is named relative to it"
        )

    def handle(self, *, file: Path, **options: Any) -> None:
        """Register the model and name the next step."""
        try:
            model, changed = register(read_definition(file), file.parent)
        except RegistrationError as error:
            raise CommandError(str(error)) from error
        if changed:
            self.stdout.write(f"Registered {model.name}. Next: manage.py check_model {model.name}")
        else:
            self.stdout.write(f"{model.name} is already registered with exactly this description.")
