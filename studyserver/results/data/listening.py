"""Figures of the listening record that the browser sends at the end of a trial.

Older rows may hold anything: undocumented contents are ignored.
"""

from collections.abc import Iterable

from studyserver.study.models import Presentation
from studyserver.study.sessions.browser_reports import LISTENING, LISTENING_TO_CLIP, documented, number

_OF_CLIP = ("plays", "seeks", "loops")
_OF_TRIAL = {
    "switches": "switches",
    "focus_losses": "focus_losses",
    "reloads": "reloads",
    "first_play_ms": "time_to_first_play_ms",
    "first_answer_ms": "time_to_first_answer_ms",
    "output_sample_rate": "output_sample_rate",
    "machine_translated": "machine_translated",
}
_seconds = number(0, 1e6)


def clip_record(listening: object, presentation: Presentation, clip_seconds: float) -> dict[str, object]:
    """Return the listening figures of one clip of a trial; None for what was not recorded."""
    clip = _clips(listening).get(presentation.token)
    heard = _seconds(clip.get("seconds_heard")) if isinstance(clip, dict) else None
    of_clip, of_trial = documented(clip, LISTENING_TO_CLIP), documented(listening, LISTENING)
    figures: dict[str, object] = {"heard_share": None if heard is None else min(1.0, heard / clip_seconds)}
    figures |= {name: of_clip.get(name) for name in _OF_CLIP}
    return figures | {column: of_trial.get(name) for column, name in _OF_TRIAL.items()}


def without_addresses(listening: object, presentations: Iterable[Presentation]) -> dict:
    """Return the record with clips named A, B, ... instead of the annotator's secret addresses."""
    labels = {presentation.token: presentation.label for presentation in presentations}
    named = {labels[token]: clip for token, clip in _clips(listening).items() if token in labels}
    of_trial = listening if isinstance(listening, dict) else {}
    return {**{name: value for name, value in of_trial.items() if name != "trial"}, "presentations": named}


def _clips(listening: object) -> dict:
    clips = listening.get("presentations") if isinstance(listening, dict) else None
    return clips if isinstance(clips, dict) else {}
