"""Filters that format numbers with a few significant digits, or a word if there is no number."""

import math
from collections.abc import Mapping
from typing import Any

from django import template

register = template.Library()

MINUS = "\N{MINUS SIGN}"


@register.filter
def significant(value: float | None, digits: int = 3) -> str:
    """Return a number with this many significant digits, without an exponent if possible."""
    if value is None or not math.isfinite(value):
        return "undefined"
    if value == 0:
        return "0"
    decimals = max(0, int(digits) - 1 - math.floor(math.log10(abs(value))))
    text = f"{value:.{int(digits)}g}" if decimals > 6 else f"{value:.{decimals}f}"
    return text.replace("-", MINUS)


@register.filter
def decimals(value: float | None, places: int = 1) -> str:
    """Return a number with this many decimals."""
    if value is None or not math.isfinite(value):
        return "undefined"
    rounded = round(value, int(places)) + 0.0  # no negative zero
    return f"{rounded:.{int(places)}f}".replace("-", MINUS)


@register.filter
def short(value: float | None) -> str:
    """Return a correlation or weight with two decimals and, as in papers, without the leading zero."""
    text = decimals(value, 2)
    return text.replace("0.", ".", 1) if text.lstrip(MINUS).startswith("0.") else text


@register.filter
def share(value: float | None) -> str:
    """Return a share of 1 as a percentage, with one more digit if it is small."""
    if value is None:
        return "undefined"
    percent = 100 * value
    return f"{percent:.1f} %" if 0 < abs(percent) < 10 else f"{percent:.0f} %"


@register.filter
def readable(name: object) -> str:
    """Return a name with spaces instead of underscores."""
    return str(name).replace("_", " ")


@register.filter
def entry(mapping: Mapping[Any, Any], key: object) -> Any:
    """Return the value that a mapping has under a key, or None."""
    return mapping.get(key)


@register.filter
def side(number: int) -> str:
    """Return “First” or “Second”, the headings of two columns."""
    return ("First", "Second")[number - 1]
