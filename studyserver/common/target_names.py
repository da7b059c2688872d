"""Names of models' targets within English sentences for researchers."""

# Mid-level features, the demo's further cues, five of the published emotions.
NOUNS = frozenset({
    "melodiousness", "articulation", "rhythm_complexity", "rhythm_stability", "dissonance", "tonal_stability",
    "minorness", "speed", "pitch_height", "valence", "energy", "tension", "anger", "fear",
})  # fmt: skip
_ADJECTIVES = frozenset({
    "happy", "sad", "tender", "peaceful", "calm", "relaxed", "melancholic", "romantic", "dark", "dramatic",
    "dreamy", "funny", "hopeful", "beautiful", "mellow", "loud", "quiet", "soft", "slow", "fast", "dissonant",
    "consonant", "bright", "rough", "energetic", "tense", "angry",
})  # fmt: skip


def target_name(target: str) -> str:
    """Return a target for use within a sentence: nouns unchanged, other labels in quotation marks."""
    name = target.replace("_", " ")
    return name if target in NOUNS else f"“{name}”"


def sounds_more(target: str) -> str:
    """Return what is said of a clip that has more of a target, without its subject.

    Examples
    --------
    >>> sounds_more("happy"), sounds_more("dissonance"), sounds_more("rock")
    ('sound more happy', 'have more dissonance', 'sound more like “rock”')
    """
    name = target.replace("_", " ")
    if target in NOUNS:
        return f"have more {name}"
    return f"sound more {name}" if target in _ADJECTIVES else f"sound more like “{name}”"
