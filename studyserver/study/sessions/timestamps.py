"""Times of events in a browser, on the server's clock.

Browsers send the age of an event, because their own clocks can be wrong or change; after a time offline, the
age can be hours. An impossible time is replaced by the nearest possible one.
"""

import datetime
from typing import Any


def moment_before(
    arrival: datetime.datetime, age_ms: Any, *, earliest: datetime.datetime
) -> datetime.datetime | None:
    """Return the time of an event from its arrival and its age.

    Parameters
    ----------
    arrival
        When the event arrived.
    age_ms
        Age of the event at arrival, in ms, as sent by the browser; negative values count as 0.
    earliest
        Earliest possible time, not after `arrival`.

    Returns
    -------
    datetime.datetime or None
        From `earliest` to `arrival`; None if the age is not a number.
    """
    if isinstance(age_ms, bool) or not isinstance(age_ms, int | float) or age_ms != age_ms:  # NaN
        return None
    longest = max(arrival - earliest, datetime.timedelta(0)) / datetime.timedelta(milliseconds=1)
    return arrival - datetime.timedelta(milliseconds=min(max(0, age_ms), longest))
