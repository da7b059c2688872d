"""The database model of recipes."""

from typing import Any

from django.db import models

from explainer.core.base.recipe import Recipe as CoreRecipe

from .shared import IDENTIFIER, Used


class Recipe(Used, models.Model):
    """Everything that determines an explanation apart from track and model."""

    name = models.CharField(max_length=100, unique=True, validators=[IDENTIFIER])
    parameters = models.JSONField(
        default=dict, help_text="Canonical form of explainer.core.base.recipe.Recipe (docs/recipes.md)."
    )
    digest = models.CharField(
        max_length=64, editable=False, db_index=True, help_text="SHA-256 of the canonical JSON."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the complete parameters with their digest."""
        recipe = self.content()
        self.parameters, self.digest = recipe.to_dict(), recipe.digest()
        super().save(*args, **kwargs)

    def content(self) -> CoreRecipe:
        """Return the recipe as an object of the core.

        Raises
        ------
        RecipeError
            If the parameters are invalid.
        """
        return CoreRecipe.from_dict(self.parameters)
