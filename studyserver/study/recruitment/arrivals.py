"""What a recruiter's link has lately brought along, so that researchers see whether it is filled in.

Only the last few arrivals of a study are kept, and of what may identify somebody only the beginning: enough
to tell a number from a place-holder.
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
    """Keep what an address held, in place of the oldest one kept.

    Parameters
    ----------
    study, query
    problem
        Why the address led nowhere, if it did.
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
    """Return a place-holder as it is, and of everything else its first two letters and its length."""
    if not value:
        return ""
    if looks_unfilled(value, names):
        return value[:MOST_SHOWN]
    return f"{value[:2] if len(value) > 4 else ''}… ({len(value)})"
