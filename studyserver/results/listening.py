"""Figures of the listening record that the browser sends at the end of a trial."""

from collections.abc import Iterable

from studyserver.study.models import Presentation

_OF_CLIP = {"plays": "plays", "seeks": "seeks", "loops": "loops"}
_OF_TRIAL = {
    "switches": "switches",
    "focus_losses": "focus_losses",
    "reloads": "reloads",
    "first_play_ms": "time_to_first_play_ms",
    "first_answer_ms": "time_to_first_answer_ms",
    "output_sample_rate": "output_sample_rate",
}


def clip_record(listening: dict, presentation: Presentation, clip_seconds: float) -> dict[str, object]:
    """Return how one clip of a trial was listened to; None for what was not recorded."""
    clips = listening.get("presentations", {})
    clip = clips.get(presentation.token, {}) if isinstance(clips, dict) else {}
    heard = _number(clip, "seconds_heard")
    figures: dict[str, object] = {"heard_share": None if heard is None else min(1.0, heard / clip_seconds)}
    figures |= {column: _number(clip, name) for column, name in _OF_CLIP.items()}
    return figures | {column: _number(listening, name) for column, name in _OF_TRIAL.items()}


def without_addresses(listening: dict, presentations: Iterable[Presentation]) -> dict:
    """Return the record with clips named A, B, ... instead of by the annotator's secret addresses."""
    labels = {presentation.token: presentation.label for presentation in presentations}
    clips = listening.get("presentations", {})
    named = (
        {labels[token]: clip for token, clip in clips.items() if token in labels}
        if isinstance(clips, dict)
        else {}
    )
    return {**{name: value for name, value in listening.items() if name != "trial"}, "presentations": named}


def _number(record: object, name: str) -> int | float | None:
    value = record.get(name) if isinstance(record, dict) else None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
