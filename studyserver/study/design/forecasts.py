"""Registry of forecasts by other apps, shown on a study's page; the study imports none of these apps."""

from collections.abc import Callable

from studyserver.study.models import Study

_FORECASTS: list[Callable[[Study], str]] = []


def register(forecast: Callable[[Study], str]) -> None:
    """Register a function whose sentence about a study is shown on its page, unless it is empty."""
    if forecast not in _FORECASTS:
        _FORECASTS.append(forecast)


def forecasts(study: Study) -> list[str]:
    """Return the sentences of all forecasts about a study."""
    return [sentence for sentence in (forecast(study) for forecast in _FORECASTS) if sentence]
