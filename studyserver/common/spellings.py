"""Detection of names and numbers that are written in different ways."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from decimal import Decimal

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,4})?", re.ASCII | re.IGNORECASE)
_FULL_WIDTH = str.maketrans("\uff0e\uff0b\uff0d", ".+-")
_MINUS = str.maketrans("\N{MINUS SIGN}\N{EN DASH}\N{NON-BREAKING HYPHEN}\N{HYPHEN}", "----")
_APOSTROPHES = str.maketrans("\u2018\u2019\u00b4`", "''''")
_INVISIBLE = ("Cf", "Cc", "Zs", "Zl", "Zp")
_VARIATION_SELECTORS = range(0xFE00, 0xFE10)
_YES = {"true", "wahr", "vrai", "verdadero", "verdadeiro", "vero", "waar"}
_NO = {"false", "falsch", "faux", "falso", "onwaar"}


def trimmed(text: str) -> str:
    """Return a text without spaces and invisible characters at its ends."""
    stripped = text.strip()
    if stripped.isascii() and stripped.isprintable():
        return stripped
    shown = [not _is_invisible(letter) for letter in stripped]
    if True not in shown:
        return ""
    return stripped[shown.index(True) : len(shown) - shown[::-1].index(True)]


def number(text: str) -> Decimal | None:
    """Return the exact number in a text; None if the text is not a number.

    Accepts a decimal point, an exponent and the digits of all scripts, but no thousands separators.
    """
    if not text.isascii():
        digits = (str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in text)
        text = "".join(digits).translate(_FULL_WIDTH)
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def folded(text: str) -> str:
    """Return a form that is equal for texts that differ only in case, spaces or Unicode form.

    Different dashes and apostrophes, which word processors exchange, also become equal.
    """
    letters = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return "".join(_plain(letter) for letter in letters if not _is_invisible(letter))


def _plain(letter: str) -> str:
    if unicodedata.category(letter) == "Pd" or letter == "\N{MINUS SIGN}":
        return "-"
    return letter.translate(_APOSTROPHES)


def _is_invisible(letter: str) -> bool:
    return unicodedata.category(letter) in _INVISIBLE or ord(letter) in _VARIATION_SELECTORS


def lookalikes(names: Iterable[str], *, truth: bool = False) -> list[list[str]]:
    """Return groups of different names that may mean the same, in order of first appearance.

    Parameters
    ----------
    names : iterable of str
        Names without duplicates.
    truth : bool
        Whether TRUE, its translations and 1 may mean the same; likewise FALSE and 0.
    """
    sharing: dict[Hashable, list[str]] = defaultdict(list)
    for name in names:
        for key in dict.fromkeys(_meanings(name, truth)):
            sharing[key].append(name)
    return list({frozenset(group): group for group in sharing.values() if len(group) > 1}.values())


def _meanings(name: str, truth: bool) -> Iterator[Hashable]:
    plain = folded(name)
    yield plain
    value = number(name)
    if value is not None:
        yield value
    else:
        yield from _numbers_otherwise_written(name)
    if truth and (plain in _YES or value == 1):
        yield True, "truth"
    if truth and (plain in _NO or value == 0):
        yield False, "truth"


def _numbers_otherwise_written(name: str) -> Iterator[Decimal]:
    """Yield the possible numbers of a text with a decimal comma, thousands separators or a percent sign."""
    text = unicodedata.normalize("NFKC", name).translate(_MINUS).translate(_APOSTROPHES).lstrip("'")
    share = text.endswith("%")
    text = text.removesuffix("%").strip()
    sign = "[+-]?"
    readings = [text.replace(",", ".")] if re.fullmatch(rf"{sign}\d*,?\d+", text) else [text]
    if re.fullmatch(rf"{sign}\d{{1,3}}([,' ]\d{{3}})+(\.\d+)?", text):
        readings.append(re.sub("[,' ]", "", text))
    if re.fullmatch(rf"{sign}\d{{1,3}}([.' ]\d{{3}})+(,\d+)?", text):
        readings.append(re.sub("[.' ]", "", text).replace(",", "."))
    for value in map(number, readings):
        if value is not None:
            yield value
            if share:
                yield value / 100


def quoted(name: str, others: Iterable[str]) -> str:
    """Return a name in quotation marks, with escaped characters if it looks like another name."""
    alike = any(
        other != name and unicodedata.normalize("NFKC", other) == unicodedata.normalize("NFKC", name)
        for other in others
    )
    return ascii(name) if alike else repr(name)
