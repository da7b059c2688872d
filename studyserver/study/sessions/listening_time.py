"""Check of a browser's listening record against the server's clock.

A clip cannot be played before its trial was sent to the browser, and a device plays one clip at a time.
Trials can be sent in advance, done offline and reported together. Therefore the time of a trial starts when
it was sent, or when the sound of the previous trial can have ended, whichever is later. The time when the
previous trial was reported does not matter.
"""

import datetime
from typing import Any

from studyserver.study.models import Trial

from .listening import TAIL

CLOCKS_DIFFER = 0.02  # share by which an audio device can be faster than the server
MOST_PER_SECOND = 10  # plays, switches and losses of the focus
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
    """Return the earliest time at which a browser can have received a trial."""
    return trial.given_at or trial.presented_at or trial.allocated_at


def seconds_since(moment: datetime.datetime, now: datetime.datetime) -> float:
    """Return the most seconds that can have passed in a browser since a time of the server's clock."""
    return max(0.0, (now - moment).total_seconds()) * (1 + CLOCKS_DIFFER) + TAIL


def can_have_sounded(trial: Trial, record: dict, now: datetime.datetime) -> bool:
    """Return whether everything in a record can have been played by now.

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
    """Return the total playing time, in s; a part that was played twice counts twice."""
    presentations = record.get("presentations", {})
    clips = presentations.values() if isinstance(presentations, dict) else ()
    return sum(end - start for clip in clips for start, end in clip.get("intervals", []))


def bounded(record: dict, seconds: float) -> dict:
    """Return a record with counts and times limited to the seconds since its trial was sent."""
    presentations = {token: _bounded(clip, seconds) for token, clip in record["presentations"].items()}
    return {**_bounded(record, seconds), "presentations": presentations}


def _bounded(record: dict[str, Any], seconds: float) -> dict[str, Any]:
    most = dict.fromkeys(_COUNTS, 1 + int(MOST_PER_SECOND * seconds)) | dict.fromkeys(
        _TIMES, round(1000 * seconds)
    )
    return {name: min(value, most[name]) if name in most else value for name, value in record.items()}
