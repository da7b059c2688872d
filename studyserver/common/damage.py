"""Cells of tables without a value: marks of missing values, and errors of spreadsheets."""

import re

from .spellings import folded

# In the form that `folded` returns: without spaces, in lower case. Brackets around them are ignored.
_WORDS = r"""
    na n/a n.a n.a. n\a n-a #na na_character_ na_integer_ na_real_ pd.na
    nan -nan +nan nat np.nan numpy.nan 1.#qnan -1.#ind 1.#ind null nil none \n nothing undefined
    sysmis loading...
    missing missingvalue blank empty notavailable notapplicable notanswered unanswered noanswer noresponse
    novalue nodata skipped
    k.a. k.a keineangabe keineangaben keineantwort keinwert fehlt fehlend fehlenderwert leer
    nichtverfügbar nichtbeantwortet
    nd n.d. n/d s/d s.d. ns/nc sindato sindatos sinrespuesta nodisponible noaplica faltante perdido vacío
    enblanco nondisponible nonrenseigné manquant donnéemanquante
"""
_MISSING = frozenset(_WORDS.split())
_BRACKETS = "<>()[]{}"
_STATA = re.compile(r"\.[a-z]")  # Stata's extended missing values
_MARKS = re.compile(r"[-.?¿*/\\_~'\"()\[\]{},|…·]+")
_ERROR = re.compile(r"#{2,}|#.+[!?]|#(n/a|nv|n/d|nd|gettingdata|getting_data|spill|calc)|err:\d+")
_ROUNDED = re.compile(r"[+-]?\d([.,]\d+)?e[+-]\d{1,3}|[+-]?\d[.,]\d+e\d{1,3}", re.IGNORECASE)


def looks_missing(text: str) -> bool:
    """Return whether programs or people write this text for a missing value."""
    plain = folded(text)
    if plain.strip(_BRACKETS) in _MISSING or plain == "<>":
        return True
    return bool(_STATA.fullmatch(plain) or _MARKS.fullmatch(plain) or is_error_value(plain))


def is_error_value(text: str) -> bool:
    """Return whether a text is an error value of a spreadsheet, in any language.

    Examples are ``#DIV/0!``, ``#NV``, ``Err:502``, and ``####`` in a column that is too narrow.
    """
    return bool(_ERROR.fullmatch(folded(text)))


def is_rounded(text: str) -> bool:
    """Return whether a text is a long number that a spreadsheet has shortened, such as ``1.23E+11``."""
    return bool(_ROUNDED.fullmatch(folded(text)))
