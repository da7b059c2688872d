"""MIDI files, and what fluidsynth makes of them."""

import shutil
import struct
from pathlib import Path

import numpy as np
import pytest

from training import midi_to_sound
from training.midi import Note, Performance, midi_file

needs_fluidsynth = pytest.mark.skipif(
    shutil.which("fluidsynth") is None or not midi_to_sound.SOUNDFONT.exists(),
    reason="needs fluidsynth and FluidR3_GM",
)


def events(content: bytes) -> list[tuple[int, bytes]]:
    """Read a format 0 file by the standard: (tick, message)."""
    assert content[:4] == b"MThd"
    assert struct.unpack(">IHHH", content[4:14]) == (6, 0, 1, 480)
    assert content[14:18] == b"MTrk"
    assert struct.unpack(">I", content[18:22])[0] == len(content) - 22
    position, tick, found = 22, 0, []
    while position < len(content):
        delta = 0
        while True:
            byte = content[position]
            position += 1
            delta = delta << 7 | byte & 0x7F
            if byte < 0x80:
                break
        tick += delta
        status = content[position]
        length = 3 + content[position + 2] if status == 0xFF else 2 if status >> 4 == 0xC else 3
        found.append((tick, content[position : position + length]))
        position += length
    return found


def test_file_holds_the_notes_at_their_times():
    performances = [
        Performance([Note(0.5, 0.25, 60, 90, 0), Note(0.5, 1.0, 48, 70, 1)], (40, 48), 30),
        Performance([Note(1.0, 5.0, 72, 80, 0)], (0, 19), 0),
    ]
    found = events(midi_file(performances, 3.0))
    # 480 ticks to the quarter of half a second
    assert (480, bytes([0x90, 60, 90])) in found
    assert (720, bytes([0x80, 60, 0])) in found
    assert (480, bytes([0x91, 48, 70])) in found
    assert (0, bytes([0xC0, 40])) in found
    assert (2880, bytes([0xC1, 19])) in found
    assert (2880 + 960, bytes([0x90, 72, 80])) in found
    off = next(tick for tick, message in found if message == bytes([0x80, 72, 0]))
    assert off < 2 * 2880, "a note must not sound into the next piece"
    assert found[-1][1] == b"\xff\x2f\x00"


def test_a_note_outside_its_piece_is_refused():
    with pytest.raises(ValueError, match="begins at 4"):
        midi_file([Performance([Note(4.0, 1.0, 60, 90, 0)], (0, 0), 0)], 3.0)


@pytest.mark.extra
@needs_fluidsynth
def test_sound_has_the_pitch_and_the_times_of_the_notes():
    def alone(pitch, onset):
        return Performance([Note(onset, 0.5, pitch, 100, 0)], (73, 0), 0)  # flute

    sounds = midi_to_sound.render([alone(69, 0.2), alone(81, 0.6)], 1.5)
    assert sounds.shape == (2, round(1.5 * midi_to_sound.SAMPLE_RATE))
    for sound, frequency, onset in ((sounds[0], 440, 0.2), (sounds[1], 880, 0.6)):
        spectrum = np.abs(np.fft.rfft(sound))
        peak = np.argmax(spectrum) * midi_to_sound.SAMPLE_RATE / len(sound)
        assert peak == pytest.approx(frequency, rel=0.01)
        begins = np.argmax(np.abs(sound) > 0.1 * np.abs(sound).max()) / midi_to_sound.SAMPLE_RATE
        assert begins == pytest.approx(onset, abs=0.1)


@pytest.mark.extra
@needs_fluidsynth
def test_a_synthesiser_that_takes_too_long_is_stopped():
    with pytest.raises(midi_to_sound.RenderingError, match="did not end within"):
        midi_to_sound.render([Performance([Note(0, 1, 60, 90, 0)], (0, 0), 0)], 5.0, timeout=0.01)


def test_what_is_missing_is_named_with_the_remedy(monkeypatch, tmp_path):
    monkeypatch.setattr(shutil, "which", lambda name: "somewhere")
    with pytest.raises(midi_to_sound.RenderingError, match="apt install fluid-soundfont-gm"):
        midi_to_sound.check_renderer(tmp_path / "none.sf2")
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(midi_to_sound.RenderingError, match="apt install fluidsynth"):
        midi_to_sound.check_renderer(Path(__file__))
