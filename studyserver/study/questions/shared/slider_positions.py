"""Positions of a slider: its minimum plus a whole number of equal steps.

Pages, answers, attention trials and rehearsals use these positions. They are computed with exact fractions
(0.1 is a tenth), so that rounding errors of binary numbers do not move a position.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django.utils.formats import number_format

_TOO_LARGE = 1e300
PARTS = 100  # steps in the range if no step is given
MOST_STEPS = 1_000_000
# Browsers compute with binary numbers: a value this close to a position, in steps, is this position.
_TOLERANCE = Fraction(1, 1000)


@dataclass(frozen=True)
class Slider:
    """The positions of one slider."""

    # The first position, and the distance to the next one.
    low: Fraction
    step: Fraction
    steps: int  # number of steps in the range
    reaches_end: bool  # whether the last position is the maximum

    def position(self, number: int) -> int | float:
        """Return the value after `number` steps."""
        return _plain(self.low + number * self.step)

    @property
    def width(self) -> int | float:
        """The step as a number."""
        return _plain(self.step)

    def at(self, share: float) -> int | float:
        """Return the value of the position that is nearest to a share of the range, 0 to 1."""
        return self.position(int(share * self.steps + 0.5))

    def snapped(self, value: float) -> int | float | None:
        """Return the position that equals a value; None if the value is between two positions."""
        place = (_exact(value) - self.low) / self.step
        nearest = round(place)
        is_position = abs(place - nearest) <= _TOLERANCE and 0 <= nearest <= self.steps
        return self.position(nearest) if is_position else None

    @property
    def decimals(self) -> int:
        """Number of decimals with which all positions differ."""
        return max(_decimals(self.low), _decimals(self.step))


def slider_of(options: Mapping[str, Any]) -> Slider:
    """Return the positions of a slider; the default step is a hundredth of the range."""
    low, high = _exact(options["min"]), _exact(options["max"])
    given = options.get("step")
    step = (high - low) / PARTS if given is None else _exact(given)
    steps = (high - low) // step
    return Slider(low, step, steps, low + steps * step == high)


def slider_problems(options: Mapping[str, Any]) -> list[str]:
    """Return the problems of a slider's options; empty if they are valid."""
    low, high, step = (options.get(name) for name in ("min", "max", "step"))
    if not has_positions({"min": low, "max": high}):
        return ["A slider needs a minimum and a maximum, for example 0 and 100."]
    if not has_positions(options) or slider_of(options).steps < 1:
        return ["The step of a slider must be a number greater than 0 and at most the range."]
    slider = slider_of(options)
    if not slider.reaches_end:
        return [
            f"The range is not a multiple of the step: with steps of {step:g} from {low:g} the slider ends "
            f"at {slider.position(slider.steps):g} and cannot reach {high:g}. Change the step or an end."
        ]
    if slider.steps > MOST_STEPS:
        return [f"The step is too small: the range can have at most {MOST_STEPS:,} steps."]
    return []


def shown_number(options: Mapping[str, Any], number: float) -> str:
    """Return a slider's number as text for annotators."""
    decimals = slider_of(options).decimals
    return number_format(round(number, decimals), decimals)


def has_positions(options: Any) -> bool:
    """Return whether minimum, maximum and step are valid numbers; the steps need not fit the range."""
    low, high, step = (options.get(name) for name in ("min", "max", "step"))
    if not _is_number(low) or not _is_number(high) or not low < high:
        return False
    return step is None or (_is_number(step) and step > 0)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _TOO_LARGE


def _exact(number: float) -> Fraction:
    return Fraction(str(number))


def _plain(number: Fraction) -> int | float:
    return int(number) if number.denominator == 1 else float(number)


def _decimals(number: Fraction) -> int:
    places = 0
    while (number * 10**places).denominator != 1:
        places += 1
    return places
