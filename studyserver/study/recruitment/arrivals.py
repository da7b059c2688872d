"""The last arrivals by a recruiter's link, so that researchers see whether its parameters are filled in.

Only the last few arrivals of a study are kept, and only the first letters of identifiers: enough to
distinguish an identifier from a place-holder.
"""

import datetime
from collections.abc import Mapping

from django.utils import timezone

from studyserver.study.models import Arrival, Study

from .panel_links import MOST_SHOWN, parameter_names, parameter_value
from .placeholders import looks_unfilled

MOST_KEPT = 6  # of those who came in, and as many of those refused, so that neither hides the other
_SAME_VISIT = datetime.timedelta(minutes=30)  # an invitation is opened, then its button is pressed


def note(
    study: Study, query: Mapping[str, str], problem: str = Arrival.Problem.NONE, *, again: bool = False
) -> None:
    """Store the parameters of an address and delete the oldest stored arrival.

    Parameters
    ----------
    study, query
    problem
        Why the address was refused; empty if it was not.
    again
        Whether a button was pressed: the address has been opened before, which is the same arrival.
    """
    names = parameter_names(study)
    shown = {name: _shown(parameter_value(query, name), names) for name in names}
    now = timezone.now()
    recent = study.arrivals.filter(problem=problem, at__gt=now - _SAME_VISIT)
    if again and any(arrival.parameters == shown for arrival in recent):
        return
    study.arrivals.create(at=now, parameters=shown, problem=problem)
    kept = study.arrivals.filter(problem="") if not problem else study.arrivals.exclude(problem="")
    study.arrivals.filter(pk__in=list(kept.values_list("pk", flat=True)[MOST_KEPT:])).delete()


def _shown(value: str, names: list[str]) -> str:
    """Return a place-holder unchanged, and any other value as its first two letters and its length."""
    if not value:
        return ""
    if looks_unfilled(value, names):
        return value[:MOST_SHOWN]
    return f"{value[:2] if len(value) > 4 else ''}… ({len(value)})"
