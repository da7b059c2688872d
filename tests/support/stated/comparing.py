"""Statements about the same quantities in several places, and where they differ."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

HOLM = "all together, after Holm"  # confidence of a corrected test
ABOVE, BELOW, OPEN, UNREADABLE = "above", "below", "open", "an end is printed as 0"


@dataclass(frozen=True)
class Quantity:
    """What a figure is about: a mean, a difference, a retention, or a difference of two retentions.

    Attributes
    ----------
    question, what, first, second : str
    null : float
        What it is without an effect; of a mean, above what a feature counts as heard.
    """

    question: str
    what: str
    first: str
    second: str = ""
    null: float = 0.0

    def __str__(self) -> str:
        return f"{self.what} of {' and '.join(filter(None, (self.first, self.second)))} ({self.question})"


@dataclass(frozen=True)
class Printed:
    """A number as it is printed.

    Attributes
    ----------
    value : float
    half_unit : float
        Half of one unit of its last digit; 0 if all digits are printed.
    """

    value: float
    half_unit: float = 0.0

    @classmethod
    def of(cls, text: str) -> "Printed":
        """Return a rounded number from its text."""
        places = len(text.partition(".")[2])
        return cls(float(text.replace("\N{MINUS SIGN}", "-")), 0.5 * 10**-places)

    def agrees(self, other: "Printed") -> bool:
        """Return whether both can be roundings of one number."""
        return abs(self.value - other.value) <= self.half_unit + other.half_unit + 1e-9


@dataclass(frozen=True)
class Statement:
    """One statement about one quantity in one place.

    Attributes
    ----------
    place : str
    quantity : Quantity
    figures : tuple of Printed
        The estimate and the ends of its interval; empty if it is said in words only.
    confidence : float, str or None
        Of the interval, in per cent, as the place says, or `HOLM`; None if it says nothing.
    says : str
        On which side of its null words say that the quantity lies; empty without words.
    """

    place: str
    quantity: Quantity
    figures: tuple[Printed, ...]
    confidence: float | str | None
    says: str = ""

    def __str__(self) -> str:
        figures = ", ".join(f"{one.value:.4g}" for one in self.figures)
        return f"{self.place}: {self.quantity} {figures} at {self.confidence} % {self.says}"

    @property
    def side(self) -> str:
        """On which side of its null the quantity lies, by the words or by the ends of the interval."""
        return self.says or self.side_of_interval

    @property
    def side_of_interval(self) -> str:
        """The same by the interval alone."""
        if not self.figures:
            return ""
        (_estimate, low, high), null = self.figures, self.quantity.null
        if any(end.half_unit and end.value == null for end in (low, high)):
            return UNREADABLE
        return ABOVE if low.value > null else BELOW if high.value < null else OPEN


@dataclass(frozen=True)
class Comparison:
    """Two statements about one quantity.

    Attributes
    ----------
    one, other : Statement
    n_figures : int
        How many numbers are compared.
    numbers_differ : bool
        Whether numbers that should be the same are not: estimates, and ends of intervals of which a reader
        is not told that they have different confidence.
    sides_differ : bool
        Whether one excludes “no effect” and the other does not, at the same confidence or at one that is not
        said.
    sides_differ_by_confidence : bool
        The same where both places say their confidence, which is not the same.
    """

    one: Statement
    other: Statement
    n_figures: int
    numbers_differ: bool
    sides_differ: bool
    sides_differ_by_confidence: bool

    @property
    def differs(self) -> bool:
        """Whether the two places contradict each other."""
        return self.numbers_differ or self.sides_differ

    @property
    def hides_side(self) -> bool:
        """Whether one prints an end of an interval as 0, which the words of the other exclude."""
        pairs = ((self.one, self.other), (self.other, self.one))
        return any(a.side == UNREADABLE and b.says in (ABOVE, BELOW) for a, b in pairs)


def comparisons(statements: list[Statement]) -> Iterator[Comparison]:
    """Yield the comparisons of all statements about one quantity with each other.

    Words are compared with the interval beside them, too, which may be in the same place.
    """
    for one, other in combinations(statements, 2):
        if one.quantity == other.quantity:
            yield _compared(one, other)
    for one in statements:
        if one.says and one.figures:
            shown = Statement(f"{one.place}, its figures", one.quantity, one.figures, one.confidence)
            yield _compared(one, shown)


def _compared(one: Statement, other: Statement) -> Comparison:
    told = None not in (one.confidence, other.confidence) and one.confidence != other.confidence
    pairs = list(zip(one.figures, other.figures, strict=False))[: 1 if told else 3]
    sides = {one.side, other.side} - {UNREADABLE, ""}
    differ = len(sides) > 1
    return Comparison(
        one, other, len(pairs), not all(a.agrees(b) for a, b in pairs), differ and not told, differ and told
    )
