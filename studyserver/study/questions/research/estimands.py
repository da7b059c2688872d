"""What a study can want to know: each estimand, and the kinds of questions that can answer it.

Models, forms, templates of studies and results read `ESTIMANDS`; none of them lists kinds of questions.
"""

from dataclasses import dataclass
from enum import StrEnum

from ..kind import Answers
from ..kinds import KINDS


class Estimand(StrEnum):
    """The quantity that answers a research question; the value is stored and exported."""

    DIFFERENCE = "difference"
    RETENTION = "retention"
    PREFERENCE = "preference"
    IDENTIFICATION = "identification"
    DETECTION = "detection"
    DOSE = "dose"


class Second(StrEnum):
    """Whether an estimand compares the first condition with a second one."""

    NEEDED = "needed"
    OPTIONAL = "optional"
    NONE = "none"


@dataclass(frozen=True)
class Meaning:
    """What an estimand is, and what it needs.

    Attributes
    ----------
    label
        Name in forms.
    definition
        What is estimated, for the codebook and the preregistration.
    unit
        Unit of the smallest effect, to stand after the number.
    most
        Greatest possible effect; None if the question's scale limits it.
    second
        Whether there is a second condition.
    answers
        Types of answers from which it can be estimated.
    """

    label: str
    definition: str
    unit: str
    most: float | None
    second: Second
    answers: frozenset[Answers]

    @property
    def suitable(self) -> tuple[str, ...]:
        """Names of the kinds of questions that can answer it."""
        return tuple(name for name, kind in KINDS.items() if kind.answers in self.answers)

    @property
    def suitable_in_words(self) -> str:
        """The kinds of questions that can answer it, in words."""
        labels = [KINDS[name].label for name in self.suitable]
        return " or ".join(filter(None, [", ".join(labels[:-1]), labels[-1]]))


_NUMBERS = frozenset({Answers.NUMBERS, Answers.SEVERAL_NUMBERS})

ESTIMANDS: dict[str, Meaning] = {
    Estimand.DIFFERENCE: Meaning(
        "difference of two conditions",
        "mean answer to clips of the first condition less that to clips of the second",
        "points of the question's scale",
        None,
        Second.NEEDED,
        _NUMBERS,
    ),
    Estimand.RETENTION: Meaning(
        "retention: what is kept of the original",
        "correlation across tracks of what is heard in the original and in the first condition, -1 to 1; "
        "with a second condition, how much more the first retains",
        "of a correlation",
        1.0,
        Second.OPTIONAL,
        _NUMBERS,
    ),
    Estimand.PREFERENCE: Meaning(
        "share of preference",
        "share of pairs in which a clip of the first condition is chosen over one of the second, 0 to 1",
        "above one half, as a share of the pairs",
        0.5,
        Second.NEEDED,
        frozenset({Answers.PREFERENCES}),
    ),
    Estimand.IDENTIFICATION: Meaning(
        "identification of the target",
        "share of clips of the first condition whose intended target is named, 0 to 1, beside guessing; with "
        "a second condition, how much more often than in that one; where a clip of a trial does not belong, "
        "the share of trials in which it is found, beside guessing",
        "as a share of the clips",
        1.0,
        Second.OPTIONAL,
        frozenset({Answers.NAMES, Answers.SETS, Answers.ODD_ONE_OUT}),
    ),
    Estimand.DETECTION: Meaning(
        "detection (d\N{PRIME})",
        "d\N{PRIME} of a listener between clips of the first condition (signal) and of the second (noise)",
        "of d\N{PRIME}",
        None,
        Second.NEEDED,
        frozenset({Answers.NUMBERS, Answers.MATCHES}),
    ),
    Estimand.DOSE: Meaning(
        "dose: more segments, higher answers",
        "rise of the mean answer from the clips with the fewest to those with the most segments in the first "
        "condition",
        "points of the question's scale",
        None,
        Second.NONE,
        _NUMBERS,
    ),
}
