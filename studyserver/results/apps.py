"""The results app: tables, statistics, exports."""

from django.apps import AppConfig


class ResultsConfig(AppConfig):
    """Reads a study's judgments; of its own it keeps only the keys for scripts."""

    name = "studyserver.results"
    label = "results"
    verbose_name = "Access to results from other programs"

    def ready(self) -> None:
        """Have the study's own page say what its design can detect."""
        from studyserver.study.design.forecasts import register

        from .pages.power import forecast

        register(forecast)
