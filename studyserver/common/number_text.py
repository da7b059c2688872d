"""Numbers as text: a true minus sign, few digits, intervals in brackets."""

import math

NO_BREAK = "\N{NO-BREAK SPACE}"


def decimals(ends: tuple[float, float]) -> int:
    """Return the number of decimals for a mean on this scale: about 1/200 of its length."""
    length = ends[1] - ends[0]
    return max(0, 2 - math.floor(math.log10(length))) if length < 2 else 1 if length < 25 else 0


def all_digits(number: float) -> str:
    """Return a number with all digits, whole numbers without a decimal point."""
    if isinstance(number, int):
        return str(number)
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def number(value: float, places: int) -> str:
    """Return a number with `places` decimals and a true minus sign."""
    text = f"{value:.{places}f}"
    if float(text) == 0:
        text = text.lstrip("-")
    return text.replace("-", "\N{MINUS SIGN}")


def plain(value: float) -> str:
    """Return a number as entered, such as the end of a scale, with a true minus sign."""
    return f"{value:.12g}".replace("-", "\N{MINUS SIGN}")


def interval(low: float, high: float, places: int) -> str:
    """Return an interval in brackets."""
    return f"[{number(low, places)},{NO_BREAK}{number(high, places)}]"


def coefficient(value: float) -> str:
    """Return a coefficient of at most 1, without the zero before the decimal point."""
    text = number(value, 2)
    return text.replace("0.", ".", 1) if text.lstrip("\N{MINUS SIGN}").startswith("0.") else text


def significant(value: float, digits: int = 3) -> str:
    """Return a number with `digits` significant digits, without exponent and with all integer digits."""
    if value == 0 or not math.isfinite(value):
        return number(value, 0)
    places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    text = number(value, places)
    return text.rstrip("0").rstrip(".") if "." in text else text


def grouped(value: float) -> str:
    """Return a number with three significant digits and separated thousands."""
    if abs(value) < 1000:
        return significant(value)
    return f"{value:,.0f}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def probability(p: float | None) -> str:
    """Return a p value."""
    if p is None or p != p:
        return "\N{EN DASH}"
    return "<\N{NO-BREAK SPACE}.001" if p < 0.001 else f"{p:.3f}".replace("0.", ".", 1)
