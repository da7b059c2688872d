"""Why a figure is undefined or has no interval: codes, and the one place that words them."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Why(Enum):
    """The reasons; values are the words, with the reason's own values and those for item, rater and unit."""

    # The coefficient is not for such judgments: pages leave it out, see `Reason.is_unsuitable`.
    ANOTHER_LEVEL = "needs {needed}: level {levels}, not {level}"
    NOT_TWO_RATERS = "needs exactly two {rater}s; there are {n}"
    INCOMPLETE = "needs every {rater}'s judgment of every {item}; {missing} are missing"
    FEWER_THAN_TWO = "needs at least two {rater}s and two {item}s"
    TOO_MANY_RATERS = "pairs of more than {most} {rater}s are not compared; there are {n}"
    NO_PAIR_OF_RATERS = "no two {rater}s judged three {item}s in common on which both vary"
    FEWER_THAN_TWO_ITEMS = "needs at least two {item}s, one of them with two or more judgments"

    # Agreement
    NO_PAIR = "no {item} has two or more judgments"
    NO_ITEM_IN_COMMON = "the two {rater}s have no {item} in common"
    ALL_EQUAL = "all judgments are equal, so chance agreement is complete as well"
    ALL_EQUAL_NO_VARIANCE = "all judgments are equal, so there is no variance to divide"
    BOTH_CONSTANT = "both {rater}s gave one and the same value throughout"
    EVERY_RATER_CONSTANT = "every {rater} gave one and the same value throughout"
    CHANCE_COMPLETE = "chance agreement is complete"
    ONE_OPTION = "the scale has only one option; declare all options of the scale"
    NO_RESIDUAL = (
        "{rater}s and error cannot be told apart: that takes, for instance, two {item}s judged by the same "
        "two {rater}s"
    )
    ITEMS_DIFFER_LESS = "{item}s differ less than {rater}s do, and the mean square between {item}s is zero"
    NO_COMMON_VARIANCE = "the judgments have no variance that {item}s and error could share"
    OPTION_UNPAIRED = "nobody chose it for {an_item} that another {rater} judged as well"
    NO_REPEAT = "no pair of judgments"
    REPEATS_CONSTANT = "the judgments do not vary"

    # Intervals
    FEWER_THAN_THREE_RATERS = "no interval: new {rater}s need at least 3; there are {n}"
    ONE_ITEM = "no interval: there is only one {unit}"
    ONE_RATER = "no interval: there is only one {rater}"
    UNDEFINED_WITHOUT_ANY_ITEM = (
        "no interval: without any one {unit} the figure is undefined; more {unit}s are needed"
    )
    UNDEFINED_WITHOUT_ANY_RATER = (
        "no interval: without any one {rater} the figure is undefined; more {rater}s are needed"
    )
    UNDEFINED_WITHOUT_SOME_ITEMS = (
        "no interval: undefined without {undefined} of the {n} {unit}s, one left out at a time"
    )
    UNDEFINED_WITHOUT_SOME_RATERS = (
        "no interval: undefined without {undefined} of the {n} {rater}s, one left out at a time"
    )
    NO_SPREAD = "no interval: every leave-one-out estimate is {estimate:g} as well"
    DRAWS_UNDEFINED = "{share:.1%} of {n} bootstrap draws are undefined"
    TOO_MANY_DRAWS_UNDEFINED = "no interval: {share:.1%} of {n} bootstrap draws are undefined"

    # Means, contrasts, retention, the model
    NO_JUDGMENT = "there is no judgment"
    NO_JUDGMENT_YET = "no judgments yet"
    ONE_VOTE = "no interval: there is only one judgment"
    FEW_BLOCKS = "needs at least two {rater}s who judged every condition, and three conditions"
    NO_PAIRED_CONDITIONS = "no {rater} judged both conditions of the same {item}"
    FEW_RATERS_FOR_MODEL = "the model of the answers needs at least 3 {rater}s; there are {n}"
    FEW_TRACKS_FOR_MODEL = "the model of the answers needs at least 3 {item}s; there are {n}"
    MODEL_IS_COMPUTED = "the model of the answers is still being computed"
    MODEL_FAILED = "the model of the answers could not be computed ({problem})"
    FEW_TRACKS = "needs at least three {item}s that were judged in both conditions"
    FEW_TRACKS_THAT_DIFFER = (
        "needs at least three {item}s that were judged in both conditions, and that differ"
    )
    REFERENCE_NEAR_ZERO = "{item}s may hardly differ in the original, so the share that is left has no limits"
    UNRELIABLE_TRACKS = "{rater}s do not agree enough on the {item}s to correct for their unreliability"
    FEW_ITEMS_THAT_DIFFER = (
        "needs at least three {item}s that differ, both in the judgments and in the predictions"
    )
    UNRELIABLE_PANEL = "{rater}s do not agree enough to say what a perfect model would reach"
    FEW_SHARED_ITEMS = "needs at least three {rater}s with three {item}s in common with the others"

    # Information, signal detection, dose and response
    NO_ANSWER = "there is no answer"
    FEW_FEATURES = "needs at least two different intended features and two answers"
    REFERENCE_TELLS_NOTHING = "the reference itself tells nothing about the intended feature"
    REFERENCE_NOT_SETTLED = "no interval: whether the reference itself tells anything is not settled"
    NO_SIGNAL_OR_NOISE = "needs {item}s that were explained by the feature and {item}s that were not"
    ONE_SIZE = "needs two sizes of evidence, and both answers"
    FLAT_CURVE = (
        "the share of {rater}s who hear it does not rise with the evidence within the sizes that were studied"
    )

    # Comparisons
    NO_DECIDED_JUDGMENT = "there is no decided judgment"
    NO_STRENGTH_ASKED = "no strength was asked for"
    X_WAS_ONE_SIDE = "X was never A, or never B"
    ALL_RIGHT = "every answer is right, so d' has no bound"
    COMPARED_WITH_ITSELF = "option {option} is compared with itself; remove such pairs"
    FEWER_THAN_TWO_OPTIONS = "needs at least two options, and answers of 1, 0 or 0.5 for a tie"
    ONE_SIDE_PREFERRED = "the same side was preferred throughout, so order and strength cannot be told apart"
    NEVER_WON = (
        "{loser} never won, directly or through others, against {winner}, so its strength has no finite "
        "estimate; collect more comparisons or leave it out"
    )
    ONE_ORDER = "order and strengths cannot be told apart: present some pairs in both orders"
    FEWER_THAN_TWO_CLUSTERS = "standard errors over {rater}s need at least two {rater}s"
    SIDE_NOT_COMPARED = "a side is not compared any more"

    # Marked times
    NO_SHARED_CLIP = "no {item} was judged by two {rater}s"
    ALL_OR_NOTHING_MARKED = "everybody marked everything, or nothing, so chance agreement is complete as well"
    NOTHING_MARKED = "nobody marked anything in {an_item} that another {rater} judged as well"
    CONSTANT_EVIDENCE = "the evidence keeps the same share of the music throughout, so no time is its own"


_UNSUITABLE = {
    Why.ANOTHER_LEVEL,
    Why.NOT_TWO_RATERS,
    Why.INCOMPLETE,
    Why.FEWER_THAN_TWO,
    Why.FEWER_THAN_TWO_ITEMS,
    Why.TOO_MANY_RATERS,
}


@dataclass(frozen=True)
class Reason:
    """Why a figure is undefined, or why it has no interval.

    Attributes
    ----------
    why : Why
    values : dict
        What the words of `why` name besides items and raters.

    Examples
    --------
    >>> reason = Reason(Why.NOT_TWO_RATERS, {"n": 3})
    >>> print(reason)
    needs exactly two raters; there are 3
    >>> reason.worded("clip", "annotator")
    'needs exactly two annotators; there are 3'
    """

    why: Why
    values: dict[str, Any] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        return self.worded("item", "rater")

    def worded(self, item: str, rater: str, unit: str = "") -> str:
        """Return the reason as a sentence, with the words for an item, a rater and a unit of items.

        A unit is what intervals leave out: by default an item.
        """
        an_item = f"{'an' if item == 'item' else 'a'} {item}"
        return self.why.value.format(
            item=item, an_item=an_item, rater=rater, unit=unit or item, **self.values
        )

    @property
    def is_unsuitable(self) -> bool:
        """Whether the figure is not for judgments of this level or design."""
        return self.why in _UNSUITABLE


class ReasonedError(ValueError):
    """A figure that cannot be computed, with its `reason`."""

    def __init__(self, why: Why, **values: Any):
        self.reason = Reason(why, values)
        super().__init__(str(self.reason))
