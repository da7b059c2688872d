"""The musical cues that a composition is given, and the scales of those that are counted from its notes."""

from dataclasses import dataclass

import numpy as np

# Where speed and pitch height are 0 and 1: the ranges over which listeners judged them (see `emotions`).
ONSETS_PER_SECOND = (1.2, 6.0)
MELODY_PITCHES = (53.0, 83.0)
_SLOWEST = 0.3

LEAD_PROGRAMS = {
    "grand piano": 0,
    "glockenspiel": 9,
    "vibraphone": 11,
    "drawbar organ": 16,
    "accordion": 21,
    "nylon guitar": 24,
    "violin": 40,
    "trumpet": 56,
    "french horn": 60,
    "alto saxophone": 65,
    "tenor saxophone": 66,
    "oboe": 68,
    "clarinet": 71,
    "flute": 73,
}
ACCOMPANIMENT_PROGRAMS = {
    "grand piano": 0,
    "electric piano": 4,
    "harpsichord": 6,
    "church organ": 19,
    "nylon guitar": 24,
    "acoustic bass": 32,
    "harp": 46,
    "string ensemble": 48,
    "slow strings": 49,
}


@dataclass(frozen=True, kw_only=True)
class CueSettings:
    """How a piece is to be played; which piece it is, its seed says.

    Attributes
    ----------
    minor : bool
        Minor (harmonic on the dominant) instead of major.
    tempo : float
        Beats per minute.
    register : int
        Transposition of everything, in semitones.
    velocity : int
        MIDI velocity of an ordinary melody note, 1 to 127.
    articulation : float
        0 legato to 1 staccato.
    rhythm_stability : float
        1 steady to 0 erratic.
    rhythm_complexity : float
        0 even notes to 1 syncopation and cross-rhythm.
    dissonance : float
        0 chords and scale only to 1 a clash in every chord.
    tonal_stability : float
        1 one key throughout to 0 a new key at every opportunity.
    melodiousness : float
        1 a singable line to 0 leaps and fragments.
    lead, accompaniment : int
        General MIDI programs, counted from 0.
    reverberation : int
        MIDI reverberation send level, 0 to 127.
    """

    minor: bool = False
    tempo: float = 100.0
    register: int = 0
    velocity: int = 80
    articulation: float = 0.3
    rhythm_stability: float = 1.0
    rhythm_complexity: float = 0.2
    dissonance: float = 0.0
    tonal_stability: float = 1.0
    melodiousness: float = 1.0
    lead: int = 0
    accompaniment: int = 48
    reverberation: int = 40


def draw_settings(rng: np.random.Generator) -> CueSettings:
    """Draw every cue independently of every other.

    Cues with a neutral end (steady, consonant, in one key, singable) sit exactly there in a fifth
    to a third of all pieces, as they do in most music.
    """

    def share(neutral: float, probability: float) -> float:
        return neutral if rng.random() < probability else float(rng.random())

    return CueSettings(
        minor=bool(rng.integers(2)),
        tempo=float(np.exp(rng.uniform(np.log(50), np.log(180)))),
        register=int(rng.integers(-12, 13)),
        velocity=int(rng.integers(55, 110)),
        articulation=float(rng.random()),
        rhythm_stability=share(1.0, 0.3),
        rhythm_complexity=float(rng.random()),
        dissonance=share(0.0, 0.3),
        tonal_stability=share(1.0, 0.3),
        melodiousness=share(1.0, 0.2),
        lead=int(rng.choice(list(LEAD_PROGRAMS.values()))),
        accompaniment=int(rng.choice(list(ACCOMPANIMENT_PROGRAMS.values()))),
        reverberation=0 if rng.random() < 0.4 else int(rng.integers(20, 100)),
    )


def scaled_speed(onsets_per_second: np.ndarray | float) -> np.ndarray:
    """Return the cue "speed": the logarithm of note onsets per second, 0 at 1.2 and 1 at 6."""
    low, high = ONSETS_PER_SECOND
    return np.log(np.maximum(onsets_per_second, _SLOWEST) / low) / np.log(high / low)


def scaled_pitch_height(pitch: np.ndarray | float) -> np.ndarray:
    """Return the cue "pitch height" of a MIDI note number: 0 at 53 (F3) and 1 at 83 (B5)."""
    low, high = MELODY_PITCHES
    return (np.asarray(pitch) - low) / (high - low)
