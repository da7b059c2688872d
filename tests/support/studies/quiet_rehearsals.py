"""Rehearsals in which annotators hear the truth about tracks, apart from a small error of each answer."""

from dataclasses import replace

from studyserver.study.rehearsal import truth

QUIET = replace(truth.EFFECT, wears=0.0, annotators=0.0, by_condition=0.0, by_track=0.0, error=0.08)


def quiet(monkeypatch) -> None:
    """Let rehearsals be quiet in this test."""
    monkeypatch.setattr(truth, "EFFECT", QUIET)


def level_of(track: str, name: str) -> float:
    """Return how much of a property is heard in a track's original, 0 to 1."""
    level = QUIET.mean + QUIET.tracks * truth._normal("track", track, name)
    return min(1.0, max(0.0, level))
