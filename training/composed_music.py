"""Seeded composition: a seed fixes the piece, cue settings change only how it is played.

A piece is a chord progression, a melodic contour, a tonic and an accompaniment figure. Shares (how
many chords clash, how often the key moves, how many melody notes leap) are spread evenly over the
piece instead of drawn note by note, so that ten seconds of music hold as much of a cue as its
setting says, whatever the tempo.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from .cues import CueSettings
from .midi import Note, Performance

_MAJOR = (0, 2, 4, 5, 7, 9, 11)
_MINOR = (0, 2, 3, 5, 7, 8, 10)
_DOMINANT, _LEADING_NOTE = 4, 6

# Roots as steps of the scale counted from 0, one per bar.
_PROGRESSIONS = (
    (0, 3, 4, 0, 5, 3, 4, 0),
    (0, 5, 3, 4, 0, 5, 3, 4),
    (0, 4, 5, 2, 3, 0, 3, 4),
    (0, 3, 0, 4, 0, 3, 4, 0),
    (0, 0, 3, 0, 4, 3, 0, 4),
    (0, 2, 5, 3, 1, 4, 0, 0),
)

# Note lengths in beats that fill a bar of four, from even to entangled.
_RHYTHMS = (
    ((1, 1, 1, 1), (2, 2), (1, 1, 2), (2, 1, 1)),
    ((1, 0.5, 0.5, 1, 1), (1.5, 0.5, 1, 1), (1, 1, 0.5, 0.5, 1), (0.5, 0.5, 1, 2)),
    (
        (0.5, 1, 0.5, 1, 1),
        (0.5, 1, 1, 1, 0.5),
        (1 / 3, 1 / 3, 1 / 3, 1, 1 / 3, 1 / 3, 1 / 3, 1),
        (1.5, 1, 0.5, 1),
    ),
    (
        (0.75, 0.75, 0.5, 0.25, 0.5, 0.25, 1),
        (0.25, 0.5, 0.25, 0.5, 0.25, 0.5, 0.25, 0.5, 0.5, 0.5),
        (0.75, 0.75, 0.75, 0.75, 0.5, 0.5),
        (1 / 3, 2 / 3, 0.25, 0.25, 0.5, 2 / 3, 1 / 3, 0.75, 0.25),
    ),
)
_BEATS_PER_BAR = 4
_DISTANT_KEYS = (-6, -5, -4, -3, -1, 1, 2, 3, 4, 6)
_CLASHES = (-1, 1, 6)
_LOWEST, _HIGHEST = 21, 108


class Piece(NamedTuple):
    """What a seed fixes."""

    tonic: int
    """MIDI note number"""
    progression: tuple[int, ...]
    figure: int
    """Which accompaniment figure, 0 to 3."""
    contour: np.ndarray
    """Melodic steps, repeated when used up."""
    choices: np.ndarray
    """Numbers in [0, 1) that choose among equivalent rhythms."""
    first_step: int


def draw_piece(rng: np.random.Generator) -> Piece:
    """Draw a piece."""
    return Piece(
        tonic=60 + int(rng.integers(-4, 5)),
        progression=_PROGRESSIONS[rng.integers(len(_PROGRESSIONS))],
        figure=int(rng.integers(4)),
        contour=rng.normal(size=400),
        choices=rng.random(400),
        first_step=int(rng.integers(2, 8)),
    )


def compose(seed: int, settings: CueSettings, seconds: float) -> Performance:
    """Play the piece of a seed as the settings say.

    Parameters
    ----------
    seed : int
        Fixes the piece and, independently of it, every deviation in playing.
    settings : CueSettings
    seconds : float
        No note begins later.
    """
    piece_seed, playing_seed = np.random.SeedSequence(seed).spawn(2)
    player = _Player(
        draw_piece(np.random.default_rng(piece_seed)), settings, np.random.default_rng(playing_seed)
    )
    notes: list[Note] = []
    for bar in player.bars(seconds):
        notes += player.melody(bar)
        notes += player.accompaniment(bar)
    notes = [_playable(note) for note in notes if note.onset < seconds]
    return Performance(notes, (settings.lead, settings.accompaniment), settings.reverberation)


def onset_rate(notes: Sequence[Note], seconds: float, together: float = 0.03) -> float:
    """Return note onsets per second; onsets less than `together` seconds apart are heard as one."""
    onsets = np.sort([note.onset for note in notes])
    return float(1 + np.sum(np.diff(onsets) >= together)) / seconds if len(onsets) else 0.0


def melody_pitch(notes: Sequence[Note]) -> float:
    """Return the mean MIDI note number of the melody (of all notes where it is silent throughout)."""
    pitches = [note.pitch for note in notes if note.part == 0] or [note.pitch for note in notes]
    return float(np.mean(pitches))


class _Bar(NamedTuple):
    number: int
    root: int
    """Step of the scale."""
    beat_times: np.ndarray
    """Five times in s: where the four beats and the next bar begin."""
    keys: tuple[int, int]
    """Transposition of each half, in semitones."""
    delay: float
    """Of the melody, in s."""

    def time(self, beat: float) -> float:
        return float(np.interp(beat, np.arange(_BEATS_PER_BAR + 1), self.beat_times))

    def key(self, beat: float) -> int:
        return self.keys[int(beat >= _BEATS_PER_BAR / 2)]


class _Player:
    """One performance in the making."""

    def __init__(self, piece: Piece, settings: CueSettings, rng: np.random.Generator) -> None:
        self.piece, self.settings, self.rng = piece, settings, rng
        self.erratic = 1 - settings.rhythm_stability
        self.wandering = 1 - settings.tonal_stability
        self.held = 1.02 - 0.86 * settings.articulation
        self.step = piece.first_step
        self.melody_notes = 0
        self.key_moves = _evenly(self.wandering, rng)
        self.leaps = _evenly(1 - settings.melodiousness, rng)
        self.clashing_chords = _evenly(settings.dissonance, rng)
        self.clashing_notes = _evenly(0.3 * settings.dissonance, rng)
        self.foreign_notes = _evenly(0.35 * self.wandering, rng)
        self.late_bars = _evenly(0.25 * self.erratic, rng)

    def bars(self, seconds: float) -> Iterator[_Bar]:
        """Yield bars until the time is filled; an erratic beat changes its length twice in a bar."""
        beat = 60 / self.settings.tempo
        start, key = 0.0, 0
        opportunities = 1 if self.settings.tempo >= 90 else 2
        number = 0
        while start < seconds:
            keys = []
            for half in range(2):
                if half < opportunities and (number, half) != (0, 0) and next(self.key_moves):
                    key = int(self.rng.choice(_DISTANT_KEYS))
                keys.append(key)
            lengths = beat * np.exp(self.rng.normal(0, 0.35 * self.erratic, 2)).repeat(2)
            times = start + np.concatenate([[0], np.cumsum(lengths)])
            delay = self.rng.uniform(0, 1.5) * beat if next(self.late_bars) else 0.0
            root = self.piece.progression[number % len(self.piece.progression)]
            yield _Bar(number, root, times, (keys[0], keys[1]), delay)
            start, number = float(times[-1]), number + 1

    def melody(self, bar: _Bar) -> Iterator[Note]:
        """Yield the bar's melody notes."""
        beat = 0.0
        for length in self._rhythm(bar):
            position, beat = beat, beat + length
            self.melody_notes += 1
            leap = next(self.leaps)
            if leap and self.rng.random() < 0.35:
                continue
            self.step = int(self.rng.integers(-7, 18)) if leap else self._singable_step(bar.root, position)
            pitch = self._pitch(self.step, bar.root, bar.key(position))
            if next(self.clashing_notes):
                pitch += self.rng.choice((-1, 1))
            if next(self.foreign_notes):
                pitch += self.rng.choice((-1, 1))
            velocity = (
                self.settings.velocity + 12 * (self.settings.melodiousness - 0.5) + self.rng.normal(0, 3)
            )
            velocity += 10 if position == 0 else 0
            onset = bar.time(position) + bar.delay + self._unsteadiness()
            yield self._note(onset, bar.time(beat) - bar.time(position), pitch, velocity, part=0)

    def accompaniment(self, bar: _Bar) -> Iterator[Note]:
        """Yield the bar's chords in the piece's figure."""
        steps = [bar.root, bar.root + 2, bar.root + 4]
        chord = [self._pitch(step, bar.root, 0) - 12 for step in steps]
        if next(self.clashing_chords):
            count = 1 + int(self.rng.random() < self.settings.dissonance)
            chord += [
                chord[i] + int(self.rng.choice(_CLASHES)) for i in self.rng.choice(3, count, replace=False)
            ]
        bass = self._pitch(bar.root, bar.root, 0) - 24
        displacement = self._displacement(bar)
        for beat, length, pitches in _figure(self.piece.figure, bass, chord):
            beat += displacement if beat % 2 else 0
            onset = bar.time(beat) + self._unsteadiness()
            duration = bar.time(min(beat + length, _BEATS_PER_BAR)) - bar.time(beat)
            for pitch in pitches:
                velocity = self.settings.velocity - 14 + self.rng.normal(0, 2)
                yield self._note(onset, duration, pitch + bar.key(beat), velocity, part=1)

    def _rhythm(self, bar: _Bar) -> tuple[float, ...]:
        choice = self.piece.choices[bar.number % len(self.piece.choices)]
        dither = (bar.number * 0.618034 + self.piece.choices[-1]) % 1
        level = int(
            np.clip(np.floor(self.settings.rhythm_complexity * 4 - 0.5 + dither), 0, len(_RHYTHMS) - 1)
        )
        return _RHYTHMS[level][int(choice * len(_RHYTHMS[level]))]

    def _displacement(self, bar: _Bar) -> float:
        """Return by how many beats the weak beats of the accompaniment come late."""
        complexity = self.settings.rhythm_complexity
        if complexity <= 0.35:
            return 0.0
        level = int(complexity * 3 + 0.7 * self.piece.choices[-2 - bar.number % 8])
        return (0, 0.5, 1 / 3, 0.75)[min(3, level)]

    def _singable_step(self, root: int, beat: float) -> int:
        """Move by at most two steps of the scale, onto a note of the chord on strong beats."""
        wish = self.piece.contour[self.melody_notes % len(self.piece.contour)] * 1.1
        step = int(np.clip(self.step + np.clip(np.round(wish), -2, 2), 0, 11))
        if beat % 2 == 0:
            chord = [root + third + 7 * octave for third in (0, 2, 4) for octave in (-1, 0, 1, 2)]
            step = min(chord, key=lambda candidate: abs(candidate - step))
        return step

    def _pitch(self, step: int, root: int, key: int) -> int:
        octave, degree = divmod(step, 7)
        semitones = (_MINOR if self.settings.minor else _MAJOR)[degree] + 12 * octave
        if self.settings.minor and root == _DOMINANT and degree == _LEADING_NOTE:
            semitones += 1
        return self.piece.tonic + self.settings.register + key + semitones

    def _unsteadiness(self) -> float:
        return float(self.rng.normal(0, 0.09 * self.erratic))

    def _note(self, onset: float, length: float, pitch: float, velocity: float, part: int) -> Note:
        return Note(onset, length * self.held, int(pitch), round(velocity), part)


def _figure(number: int, bass: int, chord: list[int]) -> list[tuple[float, float, list[int]]]:
    """Return (beat, length in beats, pitches) of one bar.

    Half notes, quarters, broken chords in eighths, or bass and chord in turn.
    """
    if number == 0:
        return [(0, 2, [bass, *chord]), (2, 2, [bass, *chord])]
    if number == 1:
        return [(beat, 1, ([bass] if beat % 2 == 0 else []) + chord) for beat in range(4)]
    if number == 2:
        broken = [bass, *chord]
        return [(eighth / 2, 0.5, [broken[eighth % len(broken)]]) for eighth in range(8)]
    return [(0, 1, [bass]), (1, 1, chord), (2, 1, [bass]), (3, 1, chord)]


def _evenly(share: float, rng: np.random.Generator) -> Iterator[bool]:
    """Yield True for a share of all turns, spread evenly from a random start."""
    phase = float(rng.random())
    while True:
        phase += share
        yield phase >= 1
        phase %= 1


def _playable(note: Note) -> Note:
    return Note(
        max(0.0, note.onset),
        max(0.03, note.duration),
        int(np.clip(note.pitch, _LOWEST, _HIGHEST)),
        int(np.clip(note.velocity, 15, 127)),
        note.part,
    )
