"""What a recruiter's link has lately brought along, so that researchers see whether it is filled in.

Only the last few arrivals of a study are kept, and of what may identify somebody only the beginning: enough
to tell a number from a place-holder.
"""

import datetime
from collections.abc import Mapping

from django.utils import timezone

from .models import Arrival, Study
from .panel_links import MOST_SHOWN, parameter_names, parameter_value
from .placeholders import looks_unfilled

MOST_KEPT = 8
_SAME_VISIT = datetime.timedelta(minutes=30)  # an invitation is opened, then its button is pressed


def note(study: Study, query: Mapping[str, str], problem: str = Arrival.Problem.NONE) -> None:
    """Keep what an address held, in place of the oldest one kept; a visit that goes on is one arrival."""
    names = parameter_names(study)
    shown = {name: _shown(parameter_value(query, name), names) for name in names}
    now = timezone.now()
    last = study.arrivals.first()
    if last and (last.parameters, last.problem) == (shown, problem) and last.at > now - _SAME_VISIT:
        last.at = now
        last.save(update_fields=["at"])
        return
    study.arrivals.create(at=now, parameters=shown, problem=problem)
    kept = study.arrivals.values_list("pk", flat=True)[:MOST_KEPT]
    study.arrivals.exclude(pk__in=list(kept)).delete()


def _shown(value: str, names: list[str]) -> str:
    """Return a place-holder as it is, and of everything else its first two letters and its length."""
    if not value:
        return ""
    if looks_unfilled(value, names):
        return value[:MOST_SHOWN]
    return f"{value[:2] if len(value) > 4 else ''}… ({len(value)} characters)"
