"""The results app: tables, statistics, exports."""

from django.apps import AppConfig


class ResultsConfig(AppConfig):
    """Reads judgments of studies; stores only the keys for scripts."""

    name = "studyserver.results"
    label = "results"
    verbose_name = "Access to results from other programs"

    def ready(self) -> None:
        """Register the forecast of what a design can detect, which the study's page shows."""
        from studyserver.study.design.forecasts import register

        from .pages.power import forecast

        register(forecast)
