"""What one trial of a study presents: its name, its traits, and what texts say of it."""

from dataclasses import dataclass

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import ngettext_lazy


class PresentationKind(models.TextChoices):
    """Which clips a trial presents."""

    SINGLE = "single", "one clip"
    PAIR = "pair", "blind pair: A and B"
    PAIR_REFERENCE = "pair_reference", "pair with reference: A and B beside a given reference"
    MULTIPLE = "multiple", "several clips side by side, no reference given (as in ITU-R BS.2132)"
    MULTIPLE_REFERENCE = (
        "multiple_reference",
        "several clips beside a given reference, which is also hidden among them (as in ITU-R BS.1534)",
    )
    ABX = "abx", "ABX: is X the clip A or the clip B?"
    INTRUDER = (
        "intruder",
        "several clips of one target from different tracks, and one of another target among them",
    )


@dataclass(frozen=True)
class Traits:
    """What the rest of the study needs to know about a presentation."""

    noun: str  # for what the trials present, in the plural
    in_report: str  # what each trial presented, for the methods paragraph
    invitation: Promise  # how many sounds, pairs or groups come, by %(number)d
    compares: bool = True  # several clips with each other
    is_pair: bool = False
    has_reference: bool = False
    hides_reference: bool = False  # also among the blind clips, with an anchor if the study has one
    has_x: bool = False  # a further clip that is the same as one of the pair
    has_intruder: bool = False  # clips of one target from different tracks, and one of another target


_PAIRS = ngettext_lazy(
    "You will compare %(number)d pair of sounds.", "You will compare %(number)d pairs of sounds.", "number"
)
_GROUPS = ngettext_lazy(
    "You will compare the sounds of %(number)d group.",
    "You will compare the sounds of %(number)d groups.",
    "number",
)
_HEAR = ngettext_lazy("You will hear %(number)d sound.", "You will hear %(number)d sounds.", "number")
_MATCH = ngettext_lazy(
    "You will hear two sounds and a third one that is the same as one of them, %(number)d time.",
    "You will hear two sounds and a third one that is the same as one of them, %(number)d times.",
    "number",
)
_INTRUDERS = ngettext_lazy(
    "You will hear groups of sounds in which one does not belong, %(number)d time.",
    "You will hear groups of sounds in which one does not belong, %(number)d times.",
    "number",
)
_A_AND_B = "two clips, A and B"
_BESIDE = "several clips beside a given reference, which was also hidden among them"

TRAITS: dict[str, Traits] = {
    PresentationKind.SINGLE: Traits("stimuli", "one clip", _HEAR, compares=False),
    PresentationKind.PAIR: Traits("pairs", _A_AND_B, _PAIRS, is_pair=True),
    PresentationKind.PAIR_REFERENCE: Traits(
        "pairs", f"{_A_AND_B}, beside a given reference", _PAIRS, is_pair=True, has_reference=True
    ),
    PresentationKind.MULTIPLE: Traits("sets of clips", "several clips side by side", _GROUPS),
    PresentationKind.MULTIPLE_REFERENCE: Traits(
        "sets of clips", _BESIDE, _GROUPS, has_reference=True, hides_reference=True
    ),
    PresentationKind.ABX: Traits(
        "pairs", f"{_A_AND_B}, and X, which was one of the two", _MATCH, is_pair=True, has_x=True
    ),
    PresentationKind.INTRUDER: Traits(
        "sets of clips",
        "several clips of one target from different tracks, and one of another target among them",
        _INTRUDERS,
        has_intruder=True,
    ),
}
