"""One order and one colour per condition, on every page and in every figure.

The colours keep apart for people with colour-blindness, in light and dark (Okabe & Ito's set, darkened
or lightened to at least 3:1 against the page); where colour could fail, labels and order carry the meaning.
"""

from dataclasses import dataclass

from explainer.core.clips.conditions import (
    BOOSTED,
    COMPLEMENT,
    COUNTER_EVIDENCE,
    EVIDENCE,
    ORIGINAL,
    RANDOM_CONTROL,
    RESYNTHESIS,
    UPLOADED,
)


@dataclass(frozen=True)
class Look:
    """How a condition is drawn: colours on light and dark paper, and a marker of matplotlib's."""

    light: str
    dark: str
    marker: str


LOOKS = {
    ORIGINAL: Look("#3b3b3b", "#d6d6d6", "o"),
    RESYNTHESIS: Look("#767676", "#9c9c9c", "s"),
    EVIDENCE: Look("#0072b2", "#56b4e9", "D"),
    BOOSTED: Look("#00805d", "#34c79b", "^"),
    COMPLEMENT: Look("#c65700", "#f08a4b", "v"),
    COUNTER_EVIDENCE: Look("#a8447c", "#e08bbb", "P"),
    RANDOM_CONTROL: Look("#806600", "#e6c229", "X"),
    UPLOADED: Look("#5b3fa8", "#b09cf0", "*"),
}

# Powers of the inverse of the plastic number: they fill a square as evenly as any sequence does.
_ALONG, _ACROSS = 0.7548776662466927, 0.5698402909980532


def scattered(index: int) -> tuple[float, float]:
    """Return where in the unit square a point is drawn, so that equal answers do not hide each other."""
    return (0.5 + index * _ALONG) % 1, (0.5 + index * _ACROSS) % 1
