"""Register a recipe from a file."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from explainer.core.base.recipe import RecipeError
from explainer.imports.music_models import RegistrationError, read_definition
from explainer.imports.recipes import RecipeInUse, save_recipe


class Command(BaseCommand):
    """Register a recipe from its description."""

    help = "Register the recipe that a TOML or JSON file describes (docs/recipes.md)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare name and file."""
        parser.add_argument("name", help="name of the recipe")
        parser.add_argument("file", type=Path, help="its fields; those left out take their defaults")

    def handle(self, *, name: str, file: Path, **options: Any) -> None:
        """Register the recipe."""
        try:
            recipe = save_recipe(name, read_definition(file), file.parent)
        except (RegistrationError, RecipeError, RecipeInUse) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Registered {recipe.name} ({recipe.digest[:12]}).")
