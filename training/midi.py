"""A writer of standard MIDI files, as small as two-part compositions need it."""

import struct
from collections.abc import Iterable, Sequence
from typing import NamedTuple

TICKS_PER_SECOND = 960
_TICKS_PER_QUARTER = 480
_MICROSECONDS_PER_QUARTER = 500_000
_CONTROL_PAN, _CONTROL_REVERBERATION, _CONTROL_ALL_SOUND_OFF = 10, 91, 120
_PANNING = (54, 74)


class Note(NamedTuple):
    """One note of a composition; part 0 is the melody, part 1 the accompaniment."""

    onset: float
    """s"""
    duration: float
    """s"""
    pitch: int
    """MIDI note number"""
    velocity: int
    part: int


class Performance(NamedTuple):
    """Notes and the instruments that play them."""

    notes: Sequence[Note]
    programs: tuple[int, int]
    """General MIDI programs of the two parts, counted from 0."""
    reverberation: int
    """Send level, 0 to 127."""


def midi_file(performances: Iterable[Performance], spacing: float) -> bytes:
    """Return a MIDI file (format 0) in which one performance begins every `spacing` seconds.

    Many pieces in one file make rendering several times faster: the soundfont is loaded once. What
    still sounds when a piece's time is over is cut off.

    Raises
    ------
    ValueError
        If a note begins outside its piece's time.
    """
    events: list[tuple[int, int, bytes]] = []
    for number, performance in enumerate(performances):
        start = number * spacing
        events += _set_up(_ticks(start), performance)
        for note in performance.notes:
            if not 0 <= note.onset < spacing:
                raise ValueError(f"a note begins at {note.onset:.2f} s of a piece that has {spacing:.2f} s")
            end = min(start + note.onset + note.duration, start + spacing - 0.01)
            events.append(
                (_ticks(start + note.onset), 2, bytes((0x90 | note.part, note.pitch, note.velocity)))
            )
            events.append((_ticks(end), 1, bytes((0x80 | note.part, note.pitch, 0))))
    events.sort(key=lambda event: event[:2])
    track = _track(events)
    return (
        struct.pack(">4sIHHH", b"MThd", 6, 0, 1, _TICKS_PER_QUARTER)
        + struct.pack(">4sI", b"MTrk", len(track))
        + track
    )


def _ticks(seconds: float) -> int:
    return round(seconds * TICKS_PER_SECOND)


def _set_up(tick: int, performance: Performance) -> list[tuple[int, int, bytes]]:
    events = []
    for part, program in enumerate(performance.programs):
        events.append((tick, 0, bytes((0xB0 | part, _CONTROL_ALL_SOUND_OFF, 0))))
        events.append((tick, 0, bytes((0xC0 | part, program))))
        events.append((tick, 0, bytes((0xB0 | part, _CONTROL_PAN, _PANNING[part]))))
        events.append((tick, 0, bytes((0xB0 | part, _CONTROL_REVERBERATION, performance.reverberation))))
    return events


def _track(events: Iterable[tuple[int, int, bytes]]) -> bytes:
    content = bytearray(b"\x00\xff\x51\x03" + _MICROSECONDS_PER_QUARTER.to_bytes(3, "big"))
    previous = 0
    for tick, _, message in events:
        content += _variable_length(tick - previous) + message
        previous = tick
    content += _variable_length(TICKS_PER_SECOND) + b"\xff\x2f\x00"
    return bytes(content)


def _variable_length(number: int) -> bytes:
    septets = [number & 0x7F]
    while number := number >> 7:
        septets.append(number & 0x7F | 0x80)
    return bytes(reversed(septets))
