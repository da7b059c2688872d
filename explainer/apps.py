"""The explainer as a Django app around its core."""

from django.apps import AppConfig


class ExplainerConfig(AppConfig):
    """Tracks, music models, recipes, explanations and clips."""

    name = "explainer"
    verbose_name = "Tracks, models and clips"

    def ready(self) -> None:
        """Register the system checks."""
        from . import checks  # noqa: F401
