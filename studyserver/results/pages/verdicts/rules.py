"""Which sentence a finding earns: rules in one table, of which the first that applies decides.

A finding is an interval of the quantity that was asked about, at the declared confidence after correction for
the number of declared questions. The smallest effect that matters, if one was declared, allows conclusions
about its absence (equivalence; Lakens, Scheel & Isager 2018).
"""

from collections.abc import Callable
from dataclasses import dataclass

from studyserver.common.number_text import plain


@dataclass(frozen=True)
class Finding:
    """What was found about one research question.

    Attributes
    ----------
    low, high : float
        Ends of the interval of the quantity less what it would be without an effect.
    first, second : str
        What is compared, as noun phrases; `second` may be empty.
    more : str
        What the first has more of, such as “happy”.
    smallest : float, optional
        Smallest effect that was declared to matter.
    alone : (float, float), optional
        Interval of how far the first by itself lies above what counts as heard.
    unit : str
        Of the smallest effect, to stand after it.
    outlook : str
        What would settle it, as a sentence; empty if unknown.
    """

    low: float
    high: float
    first: str
    second: str
    more: str
    smallest: float | None = None
    alone: tuple[float, float] | None = None
    unit: str = ""
    outlook: str = ""

    @property
    def is_above(self) -> bool:
        """Whether there is an effect in the expected direction."""
        return self.low > 0

    @property
    def is_below(self) -> bool:
        """Whether there is an effect in the other direction."""
        return self.high < 0

    @property
    def is_negligible(self) -> bool:
        """Whether an effect that matters is excluded in both directions."""
        return self.smallest is not None and -self.smallest < self.low and self.high < self.smallest

    @property
    def lacks(self) -> bool:
        """Whether an effect that matters is excluded in the expected direction."""
        return self.smallest is not None and self.high < self.smallest

    @property
    def is_heard(self) -> bool:
        """Whether the first is heard by itself."""
        return self.alone is not None and self.alone[0] > 0

    @property
    def is_not_heard(self) -> bool:
        """Whether the first by itself is not heard."""
        return self.alone is not None and self.alone[1] < 0

    @property
    def by(self) -> str:
        """How large the effect is at least, if that is known to matter."""
        is_known = self.smallest is not None and self.low >= self.smallest
        return f", by at least {self.least}" if is_known else ""

    @property
    def least(self) -> str:
        """The smallest effect in words."""
        if self.smallest is None:
            return ""
        number = plain(self.smallest)
        return f"{number} {self.unit}" if self.unit else number.removeprefix("0")


@dataclass(frozen=True)
class Rule:
    """One row of the table: when it applies, and its sentence."""

    code: str
    applies: Callable[[Finding], bool]
    sentence: str
    settles: bool = True


@dataclass(frozen=True)
class Verdict:
    """The sentence of a finding.

    Attributes
    ----------
    code : str
        Of the rule that decided.
    sentence : str
    is_settled : bool
    """

    code: str
    sentence: str
    is_settled: bool


# Of two conditions, how much more of something is heard in the first.
DIFFERENCE = (
    Rule(
        "heard_and_more",
        lambda found: found.is_above and found.is_heard,
        "Listeners hear {more} in {first}, and more than in {second}{by}.",
    ),
    Rule(
        "more_but_not_heard",
        lambda found: found.is_above and found.is_not_heard,
        "Listeners hear more {more} in {first} than in {second}{by}, but {first} by itself stays below "
        "the middle of the scale.",
    ),
    Rule(
        "more",
        lambda found: found.is_above,
        "Listeners hear more {more} in {first} than in {second}{by}. Whether {first} by itself lies "
        "above the middle of the scale is not settled.",
    ),
    Rule("less", lambda found: found.is_below, "Listeners hear less {more} in {first} than in {second}."),
    Rule(
        "heard_but_not_more",
        lambda found: found.is_negligible and found.is_heard,
        "Listeners hear {more} in {first}, but {second} keeps as much: they differ by less than {least}.",
    ),
    Rule(
        "no_difference",
        lambda found: found.is_negligible,
        "Listeners hear as much {more} in {second} as in {first}: they differ by less than {least}.",
    ),
    Rule(
        "less_than_matters",
        lambda found: found.lacks,
        "Listeners do not hear {least} more {more} in {first} than in {second}.",
    ),
    Rule(
        "open",
        lambda found: True,
        "Whether listeners hear more {more} in {first} than in {second} is not settled.",
        settles=False,
    ),
)

# The same for a question that is about nothing in particular.
ANSWERS = (
    Rule("higher", lambda found: found.is_above, "Answers are higher for {first} than for {second}{by}."),
    Rule("lower", lambda found: found.is_below, "Answers are lower for {first} than for {second}."),
    Rule(
        "no_difference",
        lambda found: found.is_negligible,
        "Answers are as high for {second} as for {first}: they differ by less than {least}.",
    ),
    Rule(
        "less_than_matters",
        lambda found: found.lacks,
        "Answers are not {least} higher for {first} than for {second}.",
    ),
    Rule(
        "open",
        lambda found: True,
        "Whether answers are higher for {first} than for {second} is not settled.",
        settles=False,
    ),
)

# How much of the original's differences between tracks is kept.
RETENTION = (
    Rule(
        "kept",
        lambda found: found.is_above and not found.second,
        "The tracks' differences in {more} are still heard in {first}{by}.",
    ),
    Rule(
        "kept_more",
        lambda found: found.is_above and found.is_heard,
        "The tracks' differences in {more} are still heard in {first}, more than in {second}{by}.",
    ),
    Rule(
        "more",
        lambda found: found.is_above,
        "More of the tracks' differences in {more} is heard in {first} than in {second}{by}.",
    ),
    Rule(
        "less",
        lambda found: found.is_below and bool(found.second),
        "Less of the tracks' differences in {more} is heard in {first} than in {second}.",
    ),
    Rule(
        "kept_but_not_more",
        lambda found: found.is_negligible and found.is_heard,
        "The tracks' differences in {more} are still heard in {first}, but {second} keeps as much: the "
        "difference is less than {least}.",
    ),
    Rule(
        "little_left",
        lambda found: found.lacks and not found.second,
        "Less than {least} of the tracks' differences in {more} remains in {first}.",
    ),
    Rule(
        "less_than_matters",
        lambda found: found.lacks,
        "{first} does not keep {least} more of the tracks' differences in {more} than {second}.",
    ),
    Rule(
        "open",
        lambda found: True,
        "How much of the tracks' differences in {more} is still heard in {first} is not settled.",
        settles=False,
    ),
)

# Anything else: a quantity above what it would be without an effect.
EFFECT = (
    Rule("yes", lambda found: found.is_above, "Yes{by}."),
    Rule("opposite", lambda found: found.is_below, "No: it is the other way round."),
    Rule("no", lambda found: found.lacks, "No: if there is an effect, it is smaller than {least}."),
    Rule("open", lambda found: True, "This is not settled.", settles=False),
)


def verdict(found: Finding, rules: tuple[Rule, ...]) -> Verdict:
    """Return the verdict of the first rule that applies.

    Examples
    --------
    >>> found = Finding(0.2, 0.9, "evidence", "its random control", "“happy”", alone=(0.1, 0.8))
    >>> verdict(found, DIFFERENCE).sentence
    'Listeners hear “happy” in evidence, and more than in its random control.'
    """
    rule = next(rule for rule in rules if rule.applies(found))
    words = {name: getattr(found, name) for name in ("first", "second", "more", "by", "least")}
    sentence = rule.sentence.format(**words)
    sentence = sentence[0].upper() + sentence[1:]
    if not rule.settles and found.outlook:
        sentence += f" {found.outlook}"
    return Verdict(rule.code, sentence, rule.settles)
