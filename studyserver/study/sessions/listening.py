"""What was heard of a clip, computed from the intervals that the browser played."""

import math
from typing import Any

from studyserver.common.time_intervals import merged

from .browser_reports import LISTENING, LISTENING_TO_CLIP, documented

# The end of a clip can be missing from the record: playback positions are rounded to blocks of the audio
# hardware, and players stop slightly early.
TAIL = 0.25  # s
MAXIMUM_INTERVALS = 2_000


def read_intervals(raw: Any, seconds: float) -> list[tuple[float, float]]:
    """Return the valid intervals, clipped to the clip's length, in s."""
    intervals = []
    for interval in raw if isinstance(raw, list) else []:
        if not isinstance(interval, list | tuple) or len(interval) != 2:
            continue
        if any(isinstance(end, bool) or not isinstance(end, int | float) for end in interval):
            continue
        if not all(math.isfinite(end) for end in interval if isinstance(end, float)):
            continue
        start, end = max(0, interval[0]), min(seconds, interval[1])
        if start < end:
            intervals.append((float(start), float(end)))
    return intervals


def seconds_heard(raw: Any, seconds: float) -> float:
    """Return how much of a clip was heard, in s; a part that was heard twice counts once."""
    return sum(end - start for start, end in merged(read_intervals(raw, seconds)))


def heard_enough(raw: Any, seconds: float, share: float) -> bool:
    """Return whether at least this share of the clip was heard."""
    return seconds_heard(raw, seconds) >= share * seconds - TAIL


def clean_record(listening: Any, durations: dict[str, float]) -> dict:
    """Return a listening record that can be stored: only documented values, each of its type.

    Parameters
    ----------
    listening
        Record as sent by the browser.
    durations
        Presentation token -> length of the clip in s. Other tokens are dropped.
    """
    presentations = {}
    sent = listening.get("presentations") if isinstance(listening, dict) else None
    for token, seconds in durations.items():
        record = sent.get(token) if isinstance(sent, dict) else None
        if not isinstance(record, dict):
            continue
        intervals = read_intervals(record.get("intervals"), seconds)
        if len(intervals) > MAXIMUM_INTERVALS:
            intervals = merged(intervals)[:MAXIMUM_INTERVALS]
        heard = seconds_heard(intervals, seconds)
        known = {"seconds": round(seconds, 3), "share": round(min(1.0, heard / seconds), 3)}
        reported = documented(record, LISTENING_TO_CLIP)
        presentations[token] = {
            **{name: known.get(name, value) for name, value in reported.items()},
            "intervals": [[round(start, 3), round(end, 3)] for start, end in intervals],
            "seconds_heard": round(heard, 3),
        }
    return {**documented(listening, LISTENING), "presentations": presentations}
