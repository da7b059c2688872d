"""What other apps say about a design before people's time is spent; the study itself knows none of them."""

from collections.abc import Callable

from studyserver.study.models import Study

_FORECASTS: list[Callable[[Study], str]] = []


def register(forecast: Callable[[Study], str]) -> None:
    """Have a sentence about each study shown on its page; an empty one is left out."""
    if forecast not in _FORECASTS:
        _FORECASTS.append(forecast)


def forecasts(study: Study) -> list[str]:
    """Return what is said about a study."""
    return [sentence for sentence in (forecast(study) for forecast in _FORECASTS) if sentence]
