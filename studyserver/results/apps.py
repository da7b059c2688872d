"""The results app: tables, statistics, exports."""

from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from studyserver.study.models import Study


class ResultsConfig(AppConfig):
    """Reads judgments of studies; stores keys for scripts, and models of answers."""

    name = "studyserver.results"
    label = "results"
    verbose_name = "Access to results from other programs"

    def ready(self) -> None:
        """Register the forecast of what a design can detect, and what is forgotten with an annotator."""
        from studyserver.study.design.forecasts import register

        from .models import forgetting  # noqa: F401

        register(_forecast)


def _forecast(study: "Study") -> str:
    from .pages.planning.page import forecast  # heavy, and needed only where a study's page is shown

    return forecast(study)
