"""When something happened in a browser, on the server's clock.

Browsers say how long ago it was when they send it, since their own clocks may be wrong and are set; offline,
that can be hours. What cannot be true is moved to the nearest moment that can.
"""

import datetime
from typing import Any


def moment_before(
    arrival: datetime.datetime, age_ms: Any, *, earliest: datetime.datetime
) -> datetime.datetime | None:
    """Return when something happened that was so old when it arrived.

    Parameters
    ----------
    arrival
        When the server heard of it.
    age_ms
        How long ago it was then, in ms, as the browser sent it; negative values count as 0.
    earliest
        It cannot have happened before; no later than `arrival`.

    Returns
    -------
    datetime.datetime or None
        From `earliest` to `arrival`; None where the browser said nothing that can be read.
    """
    if isinstance(age_ms, bool) or not isinstance(age_ms, int | float) or age_ms != age_ms:  # NaN
        return None
    longest = max(arrival - earliest, datetime.timedelta(0)) / datetime.timedelta(milliseconds=1)
    return arrival - datetime.timedelta(milliseconds=min(max(0, age_ms), longest))
