"""What others found: agreement of listeners on words for emotions in music, to stand beside a study's own.

Krippendorff's ordinal alpha over 22 excerpts of music that 126 listeners rated (Gomez-Canon et al., ISMIR
2020, table 2).
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class PublishedAlpha:
    """Agreement on one word.

    Attributes
    ----------
    word : str
    everybody : float
        Alpha over all listeners.
    by_language : mapping of str to float
        Over the listeners who answered in one language.
    """

    word: str
    everybody: float
    by_language: Mapping[str, float]


SOURCE = "Gómez-Cañón et al. 2020 (ISMIR, table 2): ordinal alpha, 22 excerpts"
LISTENERS = {"everybody": 126, "English": 26, "Spanish": 56, "Mandarin": 27, "German": 17}
_TABLE = {
    "anger": (0.364, 0.429, 0.311, 0.367, 0.482),
    "bitter": (0.202, 0.278, 0.209, 0.155, 0.278),
    "fear": (0.171, 0.241, 0.175, 0.091, 0.207),
    "joy": (0.372, 0.304, 0.437, 0.311, 0.476),
    "peace": (0.371, 0.401, 0.332, 0.401, 0.438),
    "power": (0.289, 0.379, 0.287, 0.296, 0.325),
    "sad": (0.326, 0.330, 0.343, 0.279, 0.378),
    "surprise": (0.075, 0.041, 0.055, 0.068, 0.218),
    "tender": (0.396, 0.444, 0.314, 0.452, 0.581),
    "tension": (0.296, 0.264, 0.324, 0.282, 0.323),
    "transcendence": (0.057, 0.080, 0.049, 0.083, -0.012),
}
_OTHER_FORMS = {
    "angry": "anger", "bitterness": "bitter", "fearful": "fear", "scary": "fear", "joyful": "joy",
    "happy": "joy", "happiness": "joy", "peaceful": "peace", "powerful": "power", "sadness": "sad",
    "surprising": "surprise", "tenderness": "tender", "tense": "tension", "transcendent": "transcendence",
}  # fmt: skip


def published_alpha(target: str) -> PublishedAlpha | None:
    """Return what others found for a target's word, in any of its forms; None for other words.

    Happiness is taken for joy.

    Examples
    --------
    >>> published_alpha("Joyful").everybody
    0.372
    >>> published_alpha("articulation") is None
    True
    """
    name = target.strip().casefold()
    word = _OTHER_FORMS.get(name, name)
    if word not in _TABLE:
        return None
    everybody, *others = _TABLE[word]
    languages = [name for name in LISTENERS if name != "everybody"]
    return PublishedAlpha(word, everybody, dict(zip(languages, others, strict=True)))
