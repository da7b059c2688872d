"""What can have been heard by now: a browser's listening record held against the server's clock.

A clip cannot have sounded before its trial was given to the browser, and one device plays one thing at a
time. Trials may have been given ahead, done without a network, and be reported all at once: so the time of
each begins when it was given or when the sound of the one before can have ended, whichever is later, not when
that one was reported.
"""

import datetime
from typing import Any

from studyserver.study.models import Trial

from .listening import TAIL

CLOCKS_DIFFER = 0.02  # share by which an audio device may be faster than the server
MOST_PER_SECOND = 10  # presses, switches and losses of the focus
_COUNTS = (
    "plays",
    "seeks",
    "loops",
    "switches",
    "focus_losses",
    "answer_changes",
    "reloads",
    "level_changes",
)
_TIMES = ("time_to_first_play_ms", "time_to_first_answer_ms", "elapsed_ms", "rest_ms")  # since it appeared


def given_at(trial: Trial) -> datetime.datetime:
    """Return when a browser was given a trial for the first time, at the earliest."""
    return trial.given_at or trial.presented_at or trial.allocated_at


def seconds_since(moment: datetime.datetime, now: datetime.datetime) -> float:
    """Return how many seconds can have passed in a browser since a moment, on the server's clock."""
    return max(0.0, (now - moment).total_seconds()) * (1 + CLOCKS_DIFFER) + TAIL


def can_have_sounded(trial: Trial, record: dict, now: datetime.datetime) -> bool:
    """Return whether all that a record says was played can have been played by now.

    Parameters
    ----------
    trial
    record
        As :func:`listening.clean_record` returns it.
    now
        When the record arrived.
    """
    earlier = trial.annotator.trials.filter(position__lt=trial.position).exclude(finished_by="")
    free = trial.allocated_at
    for one in earlier.order_by("position"):
        free = max(free, given_at(one)) + datetime.timedelta(seconds=seconds_played(one.listening))
    return seconds_played(record) <= seconds_since(max(free, given_at(trial)), now)


def seconds_played(record: dict) -> float:
    """Return how long something sounded, in s; what was played twice counts twice."""
    presentations = record.get("presentations", {})
    clips = presentations.values() if isinstance(presentations, dict) else ()
    return sum(end - start for clip in clips for start, end in clip.get("intervals", []))


def bounded(record: dict, seconds: float) -> dict:
    """Return a record whose counts and times fit into the seconds since its trial was given.

    What does not fit is moved to what does.
    """
    presentations = {token: _bounded(clip, seconds) for token, clip in record["presentations"].items()}
    return {**_bounded(record, seconds), "presentations": presentations}


def _bounded(record: dict[str, Any], seconds: float) -> dict[str, Any]:
    most = dict.fromkeys(_COUNTS, 1 + int(MOST_PER_SECOND * seconds)) | dict.fromkeys(
        _TIMES, round(1000 * seconds)
    )
    return {name: min(value, most[name]) if name in most else value for name, value in record.items()}
